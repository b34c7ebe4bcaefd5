import math

from proguard.taxonomy_map.agreement import count_confusion
from proguard.taxonomy_map.annotate import Ballot
from proguard.taxonomy_map.mapping_report import measure_coverage, report_mapping
from proguard.taxonomy_map.model import Tally
from proguard.taxonomy_map.vote import Decision, Vote
from tests.taxonomy_map.questions import make_question
from tests.worlds import taxonomy


def test_measure_coverage_without_samples_is_nan():
    assert math.isnan(measure_coverage([]))


def test_report_mapping_counts_rows_reasons_gaps_and_tokens():
    mapped, unmapped = make_question("a"), make_question(None)
    votes = [Vote(mapped.id, "m", "C1S1"), Vote(mapped.id, "n", "C1S1")]
    tally = Tally(2, 1, 0, 1, 0, prompt_tokens=200, completion_tokens=6, cost=0.1)
    report = report_mapping(
        [mapped, unmapped],
        {mapped.id: Decision("C1S1"), unmapped.id: Decision(None, "tie")},
        n_samples=3,
        ballot=Ballot(votes, {"m": tally}),
        confusion=count_confusion(votes),
        taxonomy=taxonomy(),
    )
    assert (report["samples"], report["unsafe"]) == (3, 2)
    assert report["coverage"] == report["coverage_by_source"]["s"] == 0.5
    assert report["coverage_by_modality"] == {"image": 0.0, "text": 1.0}
    assert report["rows_by_category"] == {"C1S1": 1}
    assert report["unmapped_by_reason"] == {"tie": 1}
    assert report["models"]["m"]["prompt_tokens"] == 200
    assert report["agreement"]["m/n"]["raw"] == 1.0
    assert len(report["subcategories_without_rows"]) == 27
