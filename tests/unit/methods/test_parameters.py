"""As many numbers to learn as were published, at 512-d audio and video features and 300-d word vectors."""

import pytest
import torch

from models.methods import build
from models.methods.base import Task, Widths

PUBLISHED = {
    "cjme": 1_299_157,  # counted in the experiments' code of the AVCA paper (arXiv 2203.03598)
    "avgzslnet": 1_319_872,  # 1.32M in that paper's table of costs
    "devise": 307_200,  # 307.2k there, as the next two
    "ale": 307_200,
    "sje": 307_200,
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_method_has_as_many_parameters_as_were_published(name: str) -> None:
    papers = Task(Widths(512, 512, 300), class_text=torch.zeros(3, 300), unseen_text=torch.zeros(1, 300))
    method = build(name, papers, {})
    assert sum(each.numel() for each in method.parameters()) == PUBLISHED[name]
