"""The functions of the sample app."""

import asyncio
import json
import time
import typing

import azure.functions as func

bp = func.Blueprint()
gate = asyncio.Semaphore(0)  # each run of `Slow` takes one


@bp.function_name("Echo")
@bp.route(route="echo/{*rest}", methods=["GET", "POST"])
async def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answers with what it was sent."""
    seen = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "headers": dict(req.headers),
        "body": list(req.get_body()),
        "function": context.function_name,
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@bp.function_name("ItemByName")
@bp.route(route="items/{name}", methods=["GET"])
def item_by_name(req: func.HttpRequest) -> func.HttpResponse:
    """Sync, and ahead of `ItemSpecial` by its name."""
    return func.HttpResponse(f"item {req.route_params['name']}", status_code=203)


@bp.function_name("ItemSpecial")
@bp.route(route="items/special", methods=["GET"])
def item_special(req: func.HttpRequest) -> str:
    """Never reached."""
    return "special"


@bp.function_name("Bytes")
@bp.route(route="bytes", methods=["POST"])
async def binary(req: func.HttpRequest) -> func.HttpResponse:
    """Sends the body back, reversed, with cookies."""
    response = func.HttpResponse(req.get_body()[::-1], mimetype="application/octet-stream")
    response.headers.add("Set-Cookie", "a=b+c; Path=/; HttpOnly")
    response.headers.add("Set-Cookie", "d=e")
    response.headers.add("Set-Cookie", "dropped=b c")
    return response


@bp.function_name("Fail")
@bp.route(route="fail", methods=["POST"])
@bp.queue_output(arg_name="out", queue_name="%SAMPLE%-raw", connection="SAMPLE_STORAGE")
async def fail(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse:
    """Sets an output and fails."""
    out.set("never written")
    raise ValueError("meant to fail")


@bp.function_name("Nothing")
@bp.route(route="nothing")
async def nothing(req: func.HttpRequest) -> func.HttpResponse:
    """Returns no response, which is an error."""
    return typing.cast(func.HttpResponse, None)


@bp.function_name("Enqueue")
@bp.route(route="enqueue", methods=["POST"])
@bp.queue_output(arg_name="out", queue_name="%SAMPLE%-work", connection="SAMPLE_STORAGE")
async def enqueue(
    req: func.HttpRequest,
    out: func.Out[typing.List[str]],  # noqa: UP006 the worker wants it so
) -> func.HttpResponse:
    """One message to `Work` per element of the body."""
    out.set([json.dumps(item) for item in req.get_json()])
    return func.HttpResponse(status_code=202)


@bp.function_name("EnqueueRaw")
@bp.route(route="enqueue-raw", methods=["POST"])
@bp.queue_output(arg_name="out", queue_name="%SAMPLE%-raw", connection="SAMPLE_STORAGE")
def enqueue_raw(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse:
    """Sets the body as a string."""
    out.set(req.get_body().decode())
    return func.HttpResponse(status_code=202)


@bp.function_name("Work")
@bp.queue_trigger(arg_name="msg", queue_name="%SAMPLE%-work", connection="SAMPLE_STORAGE")
@bp.queue_output(arg_name="done", queue_name="%SAMPLE%-done", connection="SAMPLE_STORAGE")
async def work(msg: func.QueueMessage, done: func.Out[bytes]) -> None:
    """Fails as often as the message says, then reports what it got."""
    document = msg.get_json()
    if (msg.dequeue_count or 0) <= document.get("fail", 0):
        raise RuntimeError("meant to fail for a while")
    if document.get("hang"):
        await asyncio.Event().wait()
    seen = {
        "id": msg.id,
        "name": document.get("name"),
        "dequeueCount": msg.dequeue_count,
        "insertedOn": msg.insertion_time.isoformat() if msg.insertion_time else None,
        "hasPopReceipt": bool(msg.pop_receipt),
    }
    done.set(json.dumps(seen).encode())


@bp.function_name("WorkSync")
@bp.queue_trigger(arg_name="msg", queue_name="%SAMPLE%-sync", connection="SAMPLE_STORAGE")
def work_sync(msg: func.QueueMessage) -> None:
    """Runs on a thread, for as many seconds as the message says."""
    time.sleep(msg.get_json().get("seconds", 0))


@bp.function_name("Slow")
@bp.queue_trigger(arg_name="msg", queue_name="%SAMPLE%-slow", connection="SAMPLE_STORAGE")
async def slow(msg: func.QueueMessage) -> None:
    """Runs until it is let through the gate."""
    await gate.acquire()


@bp.function_name("Tick")
@bp.timer_trigger(arg_name="timer", schedule="* * * * * *", run_on_startup=False)
@bp.queue_output(arg_name="$return", queue_name="%SAMPLE%-raw", connection="SAMPLE_STORAGE")
async def tick(timer: func.TimerRequest) -> str:
    """Says that it ran."""
    return f"tick {timer.past_due}"


@bp.function_name("TickFails")
@bp.timer_trigger(arg_name="timer", schedule="%SAMPLE_SCHEDULE%", run_on_startup=False)
def tick_fails(timer: func.TimerRequest) -> None:
    """Fails."""
    raise OSError("meant to fail")
