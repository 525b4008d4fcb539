"""Remote write in, versions 1.0 and 2.0.

Takes a request; gives the answer that its sender understands.
Source: reference/prometheus.md 1.1, 1.2. What Prometheus' receiver does: a bad series costs itself
alone; 1.0 is told nothing of it, 2.0 gets 400 with the counts of what was written.
"""

from receivers.remote_write import encoding_of, proto_of
from receivers.remote_write_series import Written
from receivers.remote_write_v2 import PROTO_2
from web.answer import Response
from web.push.intake import Intake, PushError, all_steps, extra_labels
from web.request import Request
from web.responses import respond_text

KIND = "promremotewrite"
# Prometheus refuses more series at a time than fit in a message; what is told of them is bounded.
_TOLD_CHARACTERS = 1000


async def answer_remote_write(intake: Intake, request: Request) -> Response:
    if request.method == "GET":
        # vmagent asks before it sends zstd.
        if "get_vm_proto_version" in request.query_params:
            return await respond_text(request, "1")
        return await respond_text(
            request, "POST remote write here\n", status=405, headers={"allow": "POST"}
        )
    try:
        written, is_v2 = await _take(intake, request)
    except PushError as exc:
        headers = {} if exc.retry_after_s is None else {"retry-after": str(exc.retry_after_s)}
        return await respond_text(request, f"{exc.message}\n", status=exc.status, headers=headers)
    headers = _counts(written) if is_v2 else {}
    if written.rejected and is_v2:
        why = "; ".join(written.reasons)
        text = f"{written.rejected} series are not taken, or not whole: {why}"
        return await respond_text(
            request, f"{text[:_TOLD_CHARACTERS]}\n", status=400, headers=headers
        )
    return Response(status_code=204, headers=headers)


async def _take(intake: Intake, request: Request) -> tuple[Written, bool]:
    largest = intake.max_write_bytes
    async with intake.place(KIND) as place:
        # First the body: an answer in the middle of it would end a connection that others wait on.
        body = await intake.body(request, place, largest)
        proto = proto_of(request.headers.get("content-type", ""))
        extra = extra_labels(request)
        encoding = encoding_of(request.headers.get("content-encoding", ""))
        data = await intake.opened(body, encoding, place, largest)
        receiver = intake.receivers().remote_write
        written = await all_steps(receiver.take(data, proto=proto, max_bytes=largest, extra=extra))
        await intake.put(written.batches)
    intake.families.add(written.metadata)
    rows = written.samples + written.histograms
    intake.counts.taken(KIND, rows, written.rejected, len(written.metadata))
    return written, proto == PROTO_2


def _counts(written: Written) -> dict[str, str]:
    """What 2.0 wants to be told."""
    counts = {
        "Samples": written.samples,
        "Histograms": written.histograms,
        "Exemplars": written.exemplars,
    }
    return {f"X-Prometheus-Remote-Write-{kind}-Written": str(n) for kind, n in counts.items()}
