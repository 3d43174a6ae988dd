"""All benchmarks, at the sizes that docs/performance.md shows."""

from benchmarks.avca_step import AVCAStep
from benchmarks.beta_sweep import BetaSweep
from benchmarks.contest import Benchmark
from benchmarks.decoding import Decoding
from benchmarks.front_end import FrontEnd
from benchmarks.gallery import GallerySearch
from benchmarks.ingest import Ingest
from benchmarks.long_decoding import LongDecoding
from benchmarks.precision import Precision
from benchmarks.reembedding import Reembedding
from benchmarks.service import Service
from benchmarks.training_step import TrainingStep
from benchmarks.words import Words
from models.cores import cores

BENCHMARKS: tuple[Benchmark, ...] = (
    GallerySearch(),
    Reembedding(),
    Service(),
    Words(),
    FrontEnd(),
    Decoding(),
    LongDecoding(),
    Ingest(),
    TrainingStep(),
    AVCAStep(),
    AVCAStep(threads=cores()),
    Precision(),
    Precision(threads=cores()),
    BetaSweep(),
)
