"""What time alone makes due."""

from datetime import UTC, datetime

import azure.functions as func

from shared.flows.sweep import forget_sign_ins, sweep
from shared.flows.watch_queues import queue_heads
from shared.services import ports
from shared.telemetry import record
from shared.triggers.queue_runs import told_by_kind

blueprint = func.Blueprint()


@blueprint.function_name("Sweep")
@blueprint.timer_trigger("timer", "0 * * * * *", run_on_startup=False, use_monitor=True)
async def every_minute(timer: func.TimerRequest) -> None:
    with told_by_kind("sweep"):
        record("sweep", queued=await sweep(ports(), _last(timer)), late=timer.past_due)
        for queue, waited in (await queue_heads(ports())).items():
            record("queue-head", queue=queue, waited=waited)


@blueprint.function_name("ForgetSignIns")
@blueprint.timer_trigger("timer", "0 17 3 * * *", run_on_startup=False, use_monitor=True)
async def daily(timer: func.TimerRequest) -> None:
    with told_by_kind("forget_sign_ins"):
        record("forget_sign_ins", removed=await forget_sign_ins(ports()), late=timer.past_due)


def _last(timer: func.TimerRequest) -> datetime | None:
    """When the timer fired last, as far as the host knows."""
    status = getattr(timer, "schedule_status", None) or {}
    try:
        last = datetime.fromisoformat(str(status.get("Last")))
    except ValueError:
        return None
    return last.astimezone(UTC) if last.tzinfo else None
