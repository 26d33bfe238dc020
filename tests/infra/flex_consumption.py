"""A plan and an app of Flex Consumption: what Azure takes, with our values.

https://learn.microsoft.com/azure/templates/microsoft.web/sites
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


def _one_group(text: str) -> str:
    """https://learn.microsoft.com/azure/azure-functions/flex-consumption-how-to"""
    listed = re.fullmatch(r"(\w+) == 0 \? \[\] : \[ \{ name: '(.+?)' instanceCount: \1 \} \]", text)
    if listed is None or not re.fullmatch(r"http|blob|durable|function:\w+", listed[2]):
        raise ValueError("must be none, or a group that Azure knows")
    return text


class Part(BaseModel):
    """Values as written: 'x' is a text, x a name."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Authentication(Part):
    type: Literal["'UserAssignedIdentity'"]
    user_assigned_identity_resource_id: Literal["identityId"]


class Package(Part):
    type: Literal["'blobContainer'"]
    value: Literal["'${hostStorage.properties.primaryEndpoints.blob}${packageContainer}'"]
    authentication: Authentication


class Deployment(Part):
    storage: Package


class Runtime(Part):
    name: Literal["'python'"]
    version: Literal["pythonVersion"]


class Http(Part):
    per_instance_concurrency: Literal["httpConcurrency"]


class Triggers(Part):
    http: Http


class Scale(Part):
    instance_memory_mb: Annotated[
        Literal["instanceMemoryMB"], Field(validation_alias="instanceMemoryMB")
    ]
    maximum_instance_count: Literal["maximumInstanceCount"]
    always_ready: Annotated[str, AfterValidator(_one_group)]
    triggers: Triggers


class Config(Part):
    deployment: Deployment
    runtime: Runtime
    scale_and_concurrency: Scale


class Site(Part):
    min_tls_version: Literal["'1.2'", "'1.3'"]
    scm_min_tls_version: Literal["'1.2'", "'1.3'"]
    http20_enabled: Literal["true"]
    ftps_state: Literal["'Disabled'"]


class AppProperties(Part):
    server_farm_id: Literal["plan.id"]
    https_only: Literal["true"]
    client_affinity_enabled: Literal["false"]
    public_network_access: Literal["'Enabled'"]
    key_vault_reference_identity: Literal["identityId"]
    virtual_network_subnet_id: Literal["empty(subnetId) ? null : subnetId"]
    site_config: Site
    function_app_config: Config


class Identity(Part):
    type: Literal["'UserAssigned'"]
    user_assigned_identities: Annotated[
        dict[Literal["'${identityId}'"], dict[str, str]], Field(min_length=1)
    ]


class App(Part):
    name: str
    location: Literal["location"]
    tags: str
    kind: Literal["'functionapp,linux'"]
    identity: Identity
    properties: AppProperties


class Sku(Part):
    tier: Literal["'FlexConsumption'"]
    name: Literal["'FC1'"]


class PlanProperties(Part):
    reserved: Literal["true"]
    zone_redundant: Literal["zoneRedundant"]


class Plan(Part):
    name: str
    location: Literal["location"]
    tags: Literal["tags"]
    kind: Literal["'functionapp'"]
    sku: Sku
    properties: PlanProperties
