"""How much of a page has moved by itself, as browsers measure it."""

WATCH = """
    window.moved = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((each) => (moved += each.value)))
        .observe({ type: "layout-shift", buffered: true });
"""
"""A script for a page, before it begins."""
MOVED = "new Promise((done) => setTimeout(() => done(moved), 300))"
"""What it has counted by now: 0 where nothing has moved, and 0.1 is thought to be the most that nobody minds."""
