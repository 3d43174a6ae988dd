"""Parameters like those that whiten VGGish's rows."""

from pathlib import Path

import numpy as np
import torch


def pca_file(folder: Path, name: str) -> Path:
    rng, path = np.random.default_rng(1), folder / name
    values = {
        "pca_eigen_vectors": np.linalg.qr(rng.normal(size=(128, 128)))[0] / 2,
        "pca_means": rng.uniform(0, 1, (128, 1) if name.endswith("z") else 128),
    }
    if name.endswith(".npz"):
        np.savez(path, **values)  # type: ignore[arg-type]
    else:
        torch.save(values if name.startswith("arrays") else {k: torch.from_numpy(v) for k, v in values.items()}, path)
    return path
