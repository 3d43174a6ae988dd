"""Answers as the OpenAPI document shows them: real ones, of a service over six clips; long lists are cut."""

from collections.abc import Mapping
from typing import Any

HITS: Mapping[str, Any] = {
    "gallery": "demo",
    "route": "text->video",
    "bundle": "tiny",
    "took_ms": 6.645,
    "calibrated_on": None,
    "hits": [
        {
            "score": -1.1896,
            "probability": None,
            "clip": {
                "id": "895463a313e751f4",
                "name": "dog barking 0.mp4",
                "labels": ["dog barking"],
                "media": "/v1/galleries/demo/clips/895463a313e751f4/media",
                "media_type": "video/mp4",
                "duration_s": 1.024,
            },
            "window": {"start_s": 0.0, "end_s": 1.024, "absent": {}},
            "window_id": 1,
            "explanation": None,
            "moments": [],
        }
    ],
    "next": 1,
}
CLASSES: Mapping[str, Any] = {
    "route": "av->text",
    "channel": "av",
    "decided_by": "video",
    "beta": 0.3,
    "margin": 0.1405,
    "probability": None,
    "abstained": False,
    "classes": [
        {
            "name": "dog barking",
            "score": -1.8841,
            "seen": True,
            "taken_off": 0.3,
            "parts": {"audio": -1.3714, "video": -0.2127},
        },
        {
            "name": "ball bouncing",
            "score": -2.0246,
            "seen": True,
            "taken_off": 0.3,
            "parts": {"audio": -1.3464, "video": -0.3783},
        },
    ],
    "windows": None,
    "gallery": "demo",
    "bundle": "tiny",
    "vocabulary": None,
    "took_ms": 37.422,
}
GALLERY: Mapping[str, Any] = {
    "name": "demo",
    "clips": 6,
    "windows": 6,
    "bundle": "tiny",
    "generation": 1,
    "routes": ["text->audio", "text->video", "text->av", "audio->video", "video->audio"],
    "channels": ["av", "video", "audio"],
    "labels": {"ball bouncing": 2, "bell ringing": 2, "dog barking": 2},
}
EVALUATING: Mapping[str, Any] = {
    "routes": ["audio->video"],
    "protocol": "gallery@1",
    "generation": None,
    "compare_to": None,
    "only": {
        "label": [],
        "where": [],
        "added_from": None,
        "added_to": None,
        "min_duration_s": None,
        "max_duration_s": None,
        "among": None,
    },
}
"""What the job was asked for, which its evaluation tells too."""
JOB: Mapping[str, Any] = {
    "id": "1a202c2257e3b4714f513",
    "kind": "evaluate",
    "gallery": "demo",
    "state": "done",
    "request": EVALUATING,
    "progress": {"done": 2, "total": 2, "item": "audio->video", "reached_s": None, "rate": 5.2351, "time_left_s": 0.0},
    "errors": [],
    "error_count": 0,
    "made_at": "2026-11-22T10:16:47Z",
    "started_at": "2026-11-22T10:16:47.844504Z",
    "heartbeat_at": "2026-11-22T10:16:48.226528Z",
    "ended_at": "2026-11-22T10:16:48.226528Z",
    "failure": None,
    "result": {
        "evaluation": 1,
        "generation": 1,
        "bundle": "tiny",
        "clips": 6,
        "classes": 4,
        "classification": {"av": {"seen": 0.3333, "unseen": None, "harmonic": None, "zsl": None}},
        "retrieval": {"audio->video": {"seen": 0.5111, "unseen": None, "harmonic": None}},
    },
}
EVALUATION: Mapping[str, Any] = {
    "id": 1,
    "gallery": "demo",
    "generation": 1,
    "protocol": "gallery@1",
    "job": "1a202c2257e3b4714f513",
    "request": EVALUATING,
    "made_at": "2026-11-22T10:16:48.176433Z",
    "report": {
        "protocol": "gallery@1",
        "generation": 1,
        "bundle": "tiny",
        "clips": 6,
        "classes": 4,
        "clips_sha256": "2cc6062ea9c7b07271e827fb296c588b0b604d8af2248e59805b022662d7c9f9",
        "classes_sha256": "751bd39e46bccd3ebb1198ae04d76214826e2fea30e496f0fb4630411fcef377",
        "classification": {"av": {"seen": 0.3333, "unseen": None, "harmonic": None, "zsl": None}},
        "retrieval": {
            "audio->video": {
                "by_class": {"seen": 0.5111, "unseen": None, "harmonic": None},
                "chance": {"seen": 0.4567, "unseen": None, "harmonic": None},
                "by_sample": 0.5111,
                "interval": [0.2444, 0.7778],
            }
        },
    },
}

ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "search_by_words": HITS,
    "search": HITS,
    "classify": CLASSES,
    "get_gallery": GALLERY,
    "get_job": JOB,
    "retry_job": JOB,
    "start_evaluation": JOB,
    "get_evaluation": EVALUATION,
}
"""By operation."""
