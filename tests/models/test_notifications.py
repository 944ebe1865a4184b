"""Long work is told: begun, how far, what failed, finished; nothing twice, and nothing of before."""

from dataclasses import replace

import pytest

from miri_widgets.models.notifications import Notifications, ProgressSnapshot, mark_of, news

AT_WORK = ProgressSnapshot(running=True, fraction=0.1, eta=90.0, left=8, total=10)


@pytest.mark.parametrize(
    ("before", "now", "words", "tone"),
    [
        (ProgressSnapshot(total=10), AT_WORK, "Started: 8 of 10 runs to do.", ""),
        (AT_WORK, replace(AT_WORK, fraction=0.24), "", ""),
        (AT_WORK, replace(AT_WORK, fraction=0.26), "25% of the job is done, about 2 min left.", ""),
        (AT_WORK, replace(AT_WORK, fraction=0.8, eta=None), "75% of the job is done.", ""),
        (AT_WORK, replace(AT_WORK, failed=("Detector 1 of x",)), "Detector 1 of x failed; the other runs go on.", "bad"),
        (AT_WORK, ProgressSnapshot(total=10), "Finished: all 10 runs are complete.", "good"),
        (AT_WORK, ProgressSnapshot(total=10, left=3), "Job finished; 3 of 10 results are not up to date.", "calm"),
        (AT_WORK, ProgressSnapshot(total=10, left=3, cancelled=3), "Cancelled. Completed runs were kept.", "calm"),
        (AT_WORK, ProgressSnapshot(total=10, failed=("A of x", "B of y")), "Finished, but 2 runs failed: A of x and others.", "bad"),
        (ProgressSnapshot(total=10), ProgressSnapshot(total=10, failed=("A of x",)), "", ""),
    ],
)  # fmt: skip
def test_news(before, now, words, tone):
    assert news(before, now) == (words, tone)
    assert news(now, now) == ("", "")


def test_the_title_says_how_far_and_how_it_ended():
    assert mark_of(AT_WORK, "good") == "● 10 %"
    assert [mark_of(ProgressSnapshot(), tone) for tone in ("good", "bad", "calm", "")] == [
        "✓ done", "✗ failed", "– stopped", "",
    ]  # fmt: skip


def test_a_session_from_its_start_to_its_end(session, engine):
    told = Notifications(session)
    session.poll()
    assert (told.text, told.mark, told.count) == ("", "", 0), "what was there before is no news"
    session.run_all()
    session.poll()
    assert told.text.startswith("Started: ") and told.mark.startswith("●")
    first = session.stages["detector1"].rows[0]
    engine.fail(first.key)
    session.poll()
    assert told.text == f"Detector 1 of {first.label} failed; the other runs go on."
    assert told.tone == "bad"
    engine.finish()
    session.poll()
    assert told.text.startswith("Finished, but 1 run failed: Detector 1 of ")
    assert told.mark == "✗ failed"
    session.run_all()
    session.poll()
    engine.finish()
    session.poll()
    assert told.text.startswith("Finished: all ") and told.mark == "✓ done"
    count = told.count
    session.poll()
    assert told.count == count
    told.close()
    session.programs.exclude([session.programs.exposures[0].root])
    session.poll()
    assert told.count == count
