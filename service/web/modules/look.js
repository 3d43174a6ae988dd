// Not a module: it runs before anything is painted, so that a page never flashes in the other look.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "system";
