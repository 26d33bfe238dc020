"""Our function that takes notifications, and no other: as where HTTP has instances of its own."""

import azure.functions as func

from shared.settings import settings
from shared.triggers import notifications

settings()

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(notifications.blueprint)
