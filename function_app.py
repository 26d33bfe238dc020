"""The functions of the app: wires the blueprints, nothing else."""

import azure.functions as func

from shared.services import export_telemetry
from shared.settings import settings
from shared.triggers import (
    appointments,
    busy,
    changes,
    configuration,
    confirm,
    connections,
    erasure,
    notifications,
    oauth,
    page,
    queues,
    status,
    team,
    timers,
)

settings()
export_telemetry()

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for module in (
    configuration,
    connections,
    notifications,
    oauth,
    page,
    queues,
    status,
    busy,
    confirm,
    appointments,
    changes,
    team,
    erasure,
    timers,
):
    app.register_functions(module.blueprint)
