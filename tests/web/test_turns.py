import trio

from web.turns import take_turn


async def test_each_round_of_the_loop_has_one_piece_of_web_work() -> None:
    rounds = 0
    worked: list[int] = []

    async def count() -> None:
        nonlocal rounds
        while True:
            await trio.lowlevel.checkpoint()
            rounds += 1

    async def work() -> None:
        await take_turn()
        worked.append(rounds)

    async with trio.open_nursery() as counting:
        counting.start_soon(count)
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(work)
        counting.cancel_scope.cancel()
    assert len(worked) == len(set(worked)) == 20


async def test_a_cancelled_waiter_leaves_its_place() -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(take_turn)
        with trio.CancelScope() as scope:
            scope.cancel()
            await take_turn()
    await take_turn()
