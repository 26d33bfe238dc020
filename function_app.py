"""The functions of the app: wires the blueprints, nothing else."""

import azure.functions as func

from shared.settings import settings
from shared.triggers import (
    appointments,
    busy,
    changes,
    configuration,
    confirm,
    connections,
    notifications,
    oauth,
    page,
    queues,
    status,
    team,
    timers,
)

settings()

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
    timers,
):
    app.register_functions(module.blueprint)
