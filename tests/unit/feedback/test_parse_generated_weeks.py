"""M4: the parser finds the truth in generated weeks, in every form a body can have (A20, B1-B5, B7, B10, C1-C7)."""

import pytest
from feedback_weeks import findings, gen_events

WEEK = {"events": 2500, "tenants": 30, "seed": "parse", "auto_replies": 0.02, "foreign": 0.01, "poison": 0.01}
FIGURES = ("events", "unique", "duplicates", "foreign", "poison", "unknown", "late", "complainants", "sends")
LISTS = ("kinds", "bounces", "complaints", "virus_rejects", "hard_addresses", "soft_addresses", "complainers")


@pytest.mark.parametrize("mix", ["conduct", "full", "feedback"])
@pytest.mark.parametrize("form", ["ses", "sns", "sqs"])
def test_counts_equal_the_truth_of_every_tenant(form, mix):
    config = gen_events.Config(mix=mix, late=0.02, second_path=0.01, **WEEK)
    truth = gen_events.generate(config)[1]
    found = findings(config, form)
    wanted = {t: {name: facts[name] for name in (*FIGURES, *LISTS)} for t, facts in truth["tenants"].items()}
    assert found == wanted
    assert all(truth["totals"][name] for name in ("duplicates", "foreign", "poison", "late"))
