"""After the tour: the addresses, and serving until stopped."""

import asyncio
import json
import signal
from datetime import timedelta
from pathlib import Path

from sandbox.crm import token
from sandbox.stack import Service
from sandbox.tour.context import LOCATION
from sandbox.tour.real_input import BEN

_TOKEN_LASTS = timedelta(hours=12)


def keep_settings(service: Service, file: Path) -> None:
    """Writes the settings as a local.settings.json, where `sandbox.crm` finds the secret."""
    values = {"FUNCTIONS_WORKER_RUNTIME": "python", **service.settings}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps({"IsEncrypted": False, "Values": values}, indent=2), "utf-8")


async def serve(service: Service, settings: Path, log: Path) -> None:
    """Prints the addresses and waits for Ctrl-C."""
    stopped = asyncio.Event()
    for kind in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(kind, stopped.set)
    print(_addresses(service, settings, log), flush=True)
    await stopped.wait()
    print("\nStopping.", flush=True)


def _addresses(service: Service, settings: Path, log: Path) -> str:
    ben = token(service.jwt_secret, "ben", {LOCATION: "agent"}, "Ben Carter", _TOKEN_LASTS)
    sandbox = service.sandbox
    return f"""
Serving until Ctrl-C. Ben stays connected to {BEN}.

  API       {service.api}
  health    {service.api}/health
  OpenAPI   {service.api}/openapi.json
  sandbox   {sandbox.http_url}/sandbox (control API, see sandbox/README.md)
  page      {service.api}/settings#token={ben}&location={LOCATION}
  calendars {sandbox.http_url}/calendar (edit the simulated mailboxes by hand)
  Graph     {sandbox.https_url}/v1.0
  log       {log}

  Ben's token, for twelve hours:
  {ben}

  A token for anybody: .venv/bin/python -m sandbox.crm USER {LOCATION} --role admin
  The settings of this run: {settings}

  curl -H "Authorization: Bearer TOKEN" {service.api}/locations/{LOCATION}/users/ben/connections"""
