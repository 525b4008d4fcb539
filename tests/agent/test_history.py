"""The last hour in small."""

from math import isnan

from agent.history import MAX_REMOTES, POINTS, History, Reading, RemoteReading
from web.views import Track


def reading(time_s: float, samples: int = 0, *remotes: RemoteReading) -> Reading:
    return Reading(time_s=time_s, up=2, down=1, samples=samples, lost=0, remotes=remotes)


def remote(name: str = "far", sent: int = 0) -> RemoteReading:
    return RemoteReading(
        name=name,
        sent_samples=sent,
        sent_bytes=2 * sent,
        lost_samples=0,
        pending_samples=7,
        oldest_age_s=1.5,
    )


def tracks_of(*readings: Reading) -> dict[tuple[str, str], Track]:
    history = History()
    for one in readings:
        history.add(one)
    return {(track.name, track.remote): track for track in history.tracks()}


def test_counters_become_rates() -> None:
    tracks = tracks_of(reading(0, 100), reading(10, 300), reading(20, 1300))
    assert list(tracks["samples", ""].points) == [20.0, 100.0]
    assert list(tracks["down", ""].points) == [1.0, 1.0]


def test_a_counter_that_was_set_back_has_no_negative_rate() -> None:
    assert list(tracks_of(reading(0, 100), reading(10, 5))["samples", ""].points) == [0.0]


def test_a_remote_that_comes_and_goes_leaves_gaps() -> None:
    tracks = tracks_of(
        reading(0), reading(10, 0, remote()), reading(20, 0, remote(sent=50)), reading(30)
    )
    pending = list(tracks["pending_samples", "far"].points)
    assert pending[:2] == [7.0, 7.0]
    assert isnan(pending[2])
    assert list(tracks["sent_samples", "far"].points)[1] == 5.0


def test_a_clock_that_stands_still_adds_nothing() -> None:
    assert tracks_of(reading(5), reading(5)) == {}


def test_it_is_bounded() -> None:
    many = tuple(remote(f"r{number}") for number in range(MAX_REMOTES + 9))
    tracks = tracks_of(*[reading(10.0 * number, 0, *many) for number in range(POINTS + 50)])
    assert max(len(track.points) for track in tracks.values()) == POINTS
    assert len({remote for _, remote in tracks if remote}) == MAX_REMOTES
