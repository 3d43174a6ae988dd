"""The settings that papers and their code print, read off the recipes that ship."""

import pytest

from models.methods import checked_options, spec
from training.recipe import Recipe, named

SETS = ("ucf-gzsl", "activitynet-gzsl", "vggsound-gzsl")
ENCODER, PROJECTION, DECODER = "encoder_dropout", "projection_dropout", "decoder_dropout"

AVCA = {
    # arXiv 2203.03598 and its scripts: the three dropouts, batch norm's momentum, batch.
    ("avca", "ucf-gzsl"): (0.2, 0.3, 0.5, 0.1, 256),
    ("avca", "activitynet-gzsl"): (0.2, 0.2, 0.1, 0.99, 256),
    ("avca", "vggsound-gzsl"): (0.0, 0.0, 0.1, 0.1, 64),
    ("avca-cls", "ucf-gzsl"): (0.2, 0.3, 0.5, 0.99, 256),
    ("avca-cls", "activitynet-gzsl"): (0.2, 0.2, 0.1, 0.99, 256),
    ("avca-cls", "vggsound-gzsl"): (0.0, 0.0, 0.0, 0.99, 256),
}
TCAF = {
    # arXiv 2207.09966, the configurations of its code: encoder's hidden width, layers, heads, their width; dropout of
    # transformer, positions, encoders, clip and text; rate; whether it is lowered.
    ("tcaf", "ucf-gzsl"): ((256, 5, 8, 64), (0.3, 0.2, 0.4, 0.2, 0.1), 5e-5, False),
    ("tcaf", "activitynet-gzsl"): ((128, 8, 3, 128), (0.3, 0.2, 0.2, 0.1, 0.1), 7e-5, True),
    ("tcaf", "vggsound-gzsl"): ((128, 8, 6, 128), (0.5, 0.2, 0.2, 0.2, 0.2), 7e-5, False),
    ("tcaf-cls", "ucf-gzsl"): ((512, 6, 8, 64), (0.3, 0.2, 0.3, 0.1, 0.1), 7e-5, True),
    ("tcaf-cls", "activitynet-gzsl"): ((512, 6, 8, 64), (0.4, 0.2, 0.3, 0.1, 0.1), 7e-5, True),
    ("tcaf-cls", "vggsound-gzsl"): ((512, 8, 8, 64), (0.5, 0.1, 0.2, 0.2, 0.1), 6e-5, False),
}
BASELINES = ("cjme", "devise", "ale", "sje", "devise-cls", "ale-cls", "sje-cls")
LONG = ("cjme", "avgzslnet", "devise", "ale", "sje", "apn", "avca", "avca-cls", "mdir")


def chosen(recipe: Recipe, *names: str) -> tuple[object, ...]:
    """What a recipe's options come to, defaults included."""
    options = checked_options(spec(recipe.method), recipe.options)
    return tuple(getattr(options, name) for name in names)


@pytest.mark.parametrize(("recipe", "dataset"), AVCA)
def test_avca_has_its_table_of_settings(recipe: str, dataset: str) -> None:
    found = named(recipe, on=dataset)
    assert (*chosen(found, ENCODER, PROJECTION, DECODER, "momentum"), found.batch) == AVCA[recipe, dataset]
    assert found.optimiser.weight_decay == 1e-5


@pytest.mark.parametrize(("recipe", "dataset"), TCAF)
def test_tcaf_has_its_table_of_settings(recipe: str, dataset: str) -> None:
    found = named(recipe, on=dataset)
    sizes, dropouts, rate, lowered = TCAF[recipe, dataset]
    assert chosen(found, "hidden", "layers", "heads", "head_width") == sizes
    after = ("transformer_dropout", "position_dropout", ENCODER, "clip_dropout", "text_dropout")
    assert chosen(found, *after, "feed_forward") == (*dropouts, 128)
    assert (found.optimiser.learning_rate, found.optimiser.weight_decay) == (rate, 1e-5)
    assert (found.batch, found.steps_per_epoch, found.epochs) == (64, 300, 50)
    assert found.plateau is not None
    assert (found.plateau.patience < found.epochs) == lowered


@pytest.mark.parametrize("dataset", SETS)
@pytest.mark.parametrize("recipe", BASELINES)
def test_the_baselines_of_avca_s_tables_have_no_dropout_on_vggsound_and_a_fifth_elsewhere(
    recipe: str, dataset: str
) -> None:
    assert chosen(named(recipe, on=dataset), "dropout") == (0.0 if dataset == "vggsound-gzsl" else 0.2,)


@pytest.mark.parametrize("dataset", SETS)
@pytest.mark.parametrize("recipe", LONG)
def test_the_methods_of_avca_s_tables_train_for_fifty_epochs_of_500_steps_at_1e_3(recipe: str, dataset: str) -> None:
    found = named(recipe, on=dataset)
    assert (found.epochs, found.steps_per_epoch, found.optimiser.learning_rate, found.seed) == (50, 500, 1e-3, 42)
    assert found.plateau is not None
    assert (found.plateau.factor, found.plateau.patience, found.sampling) == (0.1, 3, "classes")


def test_avgzslnet_of_its_paper_has_the_settings_of_its_authors_code() -> None:
    found = named("avgzslnet-paper", on="audiosetzsl")
    sizes = ("hidden", "out", "text_layers", "decoder_hidden", "dropout", "decoder_dropout", "margin")
    assert chosen(found, *sizes) == (256, 64, 1, 128, 0.5, 0.0, 1.0)
    rate = found.optimiser
    assert (rate.kind, rate.learning_rate, rate.momentum, rate.weight_decay) == ("sgd", 0.3, 0.9, 0.0)
    assert (found.milestones.after, found.milestones.factor) == ((75, 125, 175), 0.1)
    assert (found.batch, found.epochs) == (4096, 200)
    assert found.plateau is not None
    assert found.plateau.patience > found.epochs  # nothing but the milestones lowers the rate
    assert set(found.weights.values()) == {1.0}


@pytest.mark.parametrize("dataset", SETS)
def test_mdir_has_the_dropout_of_avca(dataset: str) -> None:
    ours, avca = named("mdir", on=dataset), named("avca", on=dataset)
    assert chosen(ours, ENCODER, "dropout") == chosen(avca, ENCODER, PROJECTION)
    assert chosen(ours, "masked") == (0.2 if dataset == "vggsound-gzsl" else 0.1,)


@pytest.mark.parametrize("dataset", SETS)
def test_clipclap_trains_as_long_and_as_fast_as_published(dataset: str) -> None:
    found = named("clipclap", on=dataset)
    rate, epochs = (7e-5, 20) if dataset == "ucf-gzsl" else (1e-4, 15)
    assert (found.optimiser.learning_rate, found.epochs, found.batch, found.steps_per_epoch) == (rate, epochs, 64, 300)


def test_dstc_has_its_weights_on_audiosetzsl_and_pascal() -> None:
    order = ("pointwise", "transitive", "cyclic_pointwise", "cyclic_transitive")
    for dataset, weights in {"audiosetzsl": (1.0, 1.0, 1.0, 1.0), "pascal": (10.0, 1.0, 1e-2, 1.0)}.items():
        found = named("dstc", on=dataset)
        assert tuple(found.weights[name] for name in order) == weights
        assert found.optimiser.learning_rate == 1e-4
