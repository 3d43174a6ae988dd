"""Every method's options at a size that a test can train: a line a method."""

from typing import Any

OPTIONS: dict[str, dict[str, Any]] = {
    "cjme": {"hidden": 16, "text_hidden": 12, "out": 8},
    "avgzslnet": {"hidden": 16, "text_hidden": 12, "out": 8, "decoder_hidden": 8, "dropout": 0.2},
    "pretrained": {},
    "cca": {"components": 4},
    "gcca": {"components": 8},
    "eszsl": {},
    "sae": {},
    "conse": {"top": 3},
    "devise": {},
    "ale": {},
    "sje": {},
    "apn": {},
    "mdir": {"mask_hidden": 8, "encoder_hidden": 16, "hidden": 16, "token": 12, "feed_forward": 8, "out": 8},
    "tcaf": {"audio_steps": 2, "video_steps": 5, "token": 12, "position": 8, "layers": 2, "heads": 2, "head_width": 4}
    | {"hidden": 16, "projection_hidden": 16, "feed_forward": 8, "out": 8},
    "avca": {"encoder_hidden": 16, "hidden": 16, "token": 12, "feed_forward": 8, "out": 8, "decoder_dropout": 0.1},
    "clipclap": {"encoded": 16, "hidden": 16, "out": 8},
    "cjme-no-attention": {"hidden": 16, "text_hidden": 12, "out": 8}
    | {"inference": "surer", "entropy": "inverse_distances", "entropy_gap": 0.001},
    "avgzslnet-attention": {"hidden": 16, "text_hidden": 12, "out": 8, "decoder_hidden": 8, "dropout": 0.2},
    "audio-only": {"hidden": 16, "text_hidden": 12, "out": 8},
    "video-only": {"hidden": 16, "text_hidden": 12, "out": 8},
    "concat": {"hidden": 16, "text_hidden": 12, "out": 8},
    "fvaegan": {
        "hidden": 12,
        "latent": 6,
        "generator_hidden": 16,
        "critic_hidden": 16,
        "synthesised": 5,
        "likelihood": "gaussian",
    },
    "dstc": {"hidden": [16, 14], "out": 8, "translator": [6, 6]},
    "dscmr": {"hidden": 16, "out": 8},
}
