"""How well a method classifies held-out clips, by each channel, with the beta that suits it best."""

import numpy as np
import torch

from models.bundle.manifest import Channel
from models.calibration import Stacking, beta_grid, choose_beta
from models.methods.base import Head, Method
from models.scoring import scores
from models.types import F32
from training.splits import Split

CHANNELS: tuple[Channel, ...] = ("audio", "video", "av")


def validate(method: Method, validation: Split) -> dict[Channel, Stacking]:
    """Generalised zero-shot accuracies by every channel that the method has a route `channel->text` for.

    The method is put into evaluation mode.
    """
    return {
        channel: _stacking(method, validation, channel) for channel in CHANNELS if _route(channel) in method.routes()
    }


def class_scores(method: Method, split: Split, channel: Channel) -> F32:
    """The score of every clip for every class: [n, c]. The method is put into evaluation mode."""
    route = method.routes()[_route(channel)]
    heads = method.eval().heads()
    return scores(embed(heads[route.query], split), embed(heads[route.gallery], split), route.metric)


@torch.inference_mode()
def embed(head: Head, split: Split) -> F32:
    """What a head makes of a split's clips [n, dim] or, if it reads text, of its classes [c, dim]."""
    features = {"audio": split.features.audio, "video": split.features.video, "text": split.classes.text}
    device = next(head.module.parameters()).device
    embedding = head.module(*(torch.from_numpy(features[each]).to(device) for each in head.inputs))
    return np.asarray(embedding.cpu().numpy(), dtype=np.float32)


def _stacking(method: Method, validation: Split, channel: Channel) -> Stacking:
    scored = class_scores(method, validation, channel)
    seen = validation.classes.seen
    return choose_beta(scored, validation.features.label, seen, beta_grid(scored, seen))


def _route(channel: Channel) -> str:
    return f"{channel}->text"
