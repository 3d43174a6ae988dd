"""The text of a comparison: its rules, its tables beside what is printed, and what could not be trained."""

from collections.abc import Mapping, Sequence

from sightsound.benchmark_plan import Plan
from training.comparison import tables
from training.comparison.published import BY_SENSE, CLASSIFICATION, NOT_COMPARABLE, RETRIEVAL
from training.comparison.row import Row


def report(plan: Plan, rows: Sequence[Row], failures: Mapping[str, str]) -> str:
    """In Markdown; `failures` says why, by the trials that failed."""
    printed = plan.name if plan.choices.class_split == "main" else f"{plan.name} {plan.choices.class_split}"
    theirs = CLASSIFICATION.get(printed, {}) | {
        name: each.printed[printed] for name, each in plan.ablated.items() if printed in each.printed
    }
    their_maps = RETRIEVAL.get(printed, {}) | {
        name: each.printed_map[printed] for name, each in plan.ablated.items() if printed in each.printed_map
    }
    parts = [
        ("Classification, %", tables.classification(rows, theirs)),
        ("Classification by one of two senses, %", tables.one_sense(rows, BY_SENSE.get(printed, {}))),
        ("Retrieval, mAP %", tables.retrieval(rows, their_maps)),
        *tables.significances(rows),
        ("Not comparable", NOT_COMPARABLE.get((plan.name, plan.choices.w2v_order), "")),
        ("Could not be trained", "\n".join(f"- {name}: {why}" for name, why in failures.items())),
    ]
    return f"# {plan.name}\n\n{' '.join(_rules(plan, len(rows)))}\n\n{tables.sections(parts)}"


def _rules(plan: Plan, done: int) -> list[str]:
    """Sentences of what the figures depend on."""
    rules = plan.protocol
    described = ", ".join(f"{key} {value}" for key, value in rules.model_dump(exclude={"name"}).items())
    found = [f"Protocol {rules.name}: {described}.", f"Seeds {', '.join(map(str, plan.seeds))}."]
    if len(plan.benchmark.class_splits) > 1:
        # Figures with other word vectors are not comparable.
        steps = "" if plan.choices.steps is None else f", {plan.choices.steps} steps"
        found.append(f"Split {plan.choices.class_split}, word vectors {plan.choices.w2v_order}{steps}.")
    lengths = {"Epochs": plan.epochs, "steps an epoch": plan.steps_per_epoch}
    if asked := [f"{of} {count}" for of, count in lengths.items() if count is not None]:
        found.append(f"{', '.join(asked).capitalize()} instead of every recipe's own.")
    if done < plan.trials:
        found.append(f"{done} of {plan.trials} trials.")
    return found
