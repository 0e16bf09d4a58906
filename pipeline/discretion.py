"""Tables for readers who may not see single deals: they are counted, not named."""

from dataclasses import replace

from pipeline.matrix import Matrix


def without_deal_ids(matrix: Matrix) -> Matrix:
    """The same table whose caveats say how many deals lack something, and not which."""
    caveats = matrix.caveats
    counted = (
        *_count(len(caveats.undated_ids), "no close date"),
        *_count(len(caveats.value_unknown_ids), "no value"),
    )
    return replace(
        matrix,
        caveats=replace(caveats, undated_ids=(), value_unknown_ids=(), notices=(*counted, *caveats.notices)),
    )


def _count(deals: int, lack: str) -> tuple[str, ...]:
    if deals == 0:
        return ()
    return (f"{'One open deal has' if deals == 1 else f'{deals:,} open deals have'} {lack}.",)
