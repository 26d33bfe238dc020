"""Functions that do next to nothing: what the local stack itself takes."""

import azure.functions as func
import httpx

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
_http = httpx.AsyncClient(trust_env=False, timeout=10)
# As long as what a notification queues.
_MESSAGE = f'{{"calendar":"{"0" * 32}","cause":"notified","at":"2027-03-01T12:00:00.000000Z"}}'


@app.function_name("Nothing")
@app.route("nothing", methods=["POST"])
def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=202)


@app.function_name("OneMessage")
@app.route("one-message", methods=["POST"])
@app.queue_output("message", "bench-kept", "CALENDAR_STORAGE")
def one_message(req: func.HttpRequest, message: func.Out[str]) -> func.HttpResponse:
    message.set(_MESSAGE)
    return func.HttpResponse(status_code=202)


@app.function_name("Post")
@app.queue_trigger("msg", "bench-post", "CALENDAR_STORAGE")
async def post(msg: func.QueueMessage) -> None:
    await _http.post(msg.get_body().decode())
