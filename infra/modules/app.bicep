// The function app on Flex Consumption, and every setting that it reads.
//
// Scale: all HTTP functions share their instances; each queue and each timer function has its own, named
// `function:SyncCalendar` and so on, and each group may grow to maximumInstanceCount. An instance works on
// batchSize + newBatchThreshold (host.json) messages of its queue at a time. So nothing here keeps a mailbox
// from being asked by too many at once: leases kept with its account do. Only `http` is always ready: nobody
// waits for the others but a queue.
param token string
param location string
param tags object
param identityId string
param identityClientId string
param subnetId string
param workspaceId string
param detailedLogs bool
param componentName string
param hostStorageName string
param packageContainer string
param dataStorageName string
param vaultUri string
param sealingKeyUri string

param pythonVersion string
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyHttpInstances int
param httpConcurrency int
param zoneRedundant bool
param tracesSampled string

param publicBaseUrl string
param microsoftClientId string
param microsoftCredential string
param microsoftAuthority string
param graphBaseUrl string
param googleClientId string
param googleAuthBaseUrl string
param googleApiBaseUrl string
param crmJwtIssuer string
param crmJwtAudience string
param crmJwksUrl string
param crmWebhookUrl string
param crmWebhookAllowPrivate bool
param returnUrlOrigins string
param extraCaBundle string
param syncWindowPastDays int
param syncWindowFutureDays int
param sweepMinutes int
param sweepMinutesWithoutPush int
param staleAfterMinutes int

// Without a version: a new one is taken within a day, or at the next restart.
var secret = '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/'

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: hostStorageName
}

resource dataStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: dataStorageName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  // checkov:skip=CKV_AZURE_225: a parameter, since not each region has zones
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  // checkov:skip=CKV_AZURE_222: providers post to it and browsers come back to it, from anywhere
  // checkov:skip=CKV_AZURE_17: they have no client certificates; callers are known by their tokens, posts by their proofs
  // checkov:skip=CKV_AZURE_212: Flex Consumption has alwaysReady instead
  // checkov:skip=CKV_AZURE_213: Flex Consumption has no health check; the alert sweeps-missing tells
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      ftpsState: 'Disabled'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.properties.primaryEndpoints.blob}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyHttpInstances == 0 ? [] : [
          {
            name: 'http'
            instanceCount: alwaysReadyHttpInstances
          }
        ]
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  // checkov:skip=CKV_AZURE_13: for config/web; this is the app's environment
  // checkov:skip=CKV_AZURE_63: for config/web; this is the app's environment
  // checkov:skip=CKV_AZURE_65: for config/web; this is the app's environment
  // checkov:skip=CKV_AZURE_66: for config/web; this is the app's environment
  // checkov:skip=CKV_AZURE_80: for config/web; this is the app's environment
  // checkov:skip=CKV_AZURE_88: for config/web; this is the app's environment
  // checkov:skip=CKV_AZURE_222: for config/web; this is the app's environment
  parent: app
  name: 'appsettings'
  properties: {
    AzureWebJobsStorage__blobServiceUri: hostStorage.properties.primaryEndpoints.blob
    AzureWebJobsStorage__queueServiceUri: hostStorage.properties.primaryEndpoints.queue
    AzureWebJobsStorage__tableServiceUri: hostStorage.properties.primaryEndpoints.table
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio'
    OTEL_TRACES_SAMPLER_ARG: tracesSampled

    // Addresses alone: of a name the host would make one of the public cloud.
    CALENDAR_STORAGE__queueServiceUri: dataStorage.properties.primaryEndpoints.queue
    CALENDAR_STORAGE__tableServiceUri: dataStorage.properties.primaryEndpoints.table
    CALENDAR_STORAGE__credential: 'managedidentity'
    CALENDAR_STORAGE__clientId: identityClientId

    PUBLIC_BASE_URL: empty(publicBaseUrl) ? 'https://${app.properties.defaultHostName}' : publicBaseUrl
    MICROSOFT_CLIENT_ID: microsoftClientId
    MICROSOFT_CLIENT_SECRET: microsoftCredential == 'secret' ? '${secret}microsoft-client-secret)' : ''
    MICROSOFT_CLIENT_CERTIFICATE: microsoftCredential == 'certificate' ? '${secret}microsoft-client-certificate)' : ''
    MICROSOFT_FEDERATED_CLIENT_ID: microsoftCredential == 'identity' ? identityClientId : ''
    MICROSOFT_AUTHORITY: microsoftAuthority
    GRAPH_BASE_URL: graphBaseUrl
    GOOGLE_CLIENT_ID: googleClientId
    GOOGLE_CLIENT_SECRET: empty(googleClientId) ? '' : '${secret}google-client-secret)'
    GOOGLE_AUTH_BASE_URL: googleAuthBaseUrl
    GOOGLE_API_BASE_URL: googleApiBaseUrl
    CRM_JWT_ISSUER: crmJwtIssuer
    CRM_JWT_AUDIENCE: crmJwtAudience
    CRM_JWT_SECRET: empty(crmJwksUrl) ? '${secret}crm-jwt-secret)' : ''
    CRM_JWKS_URL: crmJwksUrl
    CRM_WEBHOOK_URL: crmWebhookUrl
    CRM_WEBHOOK_SECRET: empty(crmWebhookUrl) ? '' : '${secret}crm-webhook-secret)'
    CRM_WEBHOOK_ALLOW_PRIVATE: string(crmWebhookAllowPrivate)
    RETURN_URL_ORIGINS: returnUrlOrigins
    // Without a version, so that the newest seals.
    TOKEN_SEALING_KEYS: sealingKeyUri
    NOTIFICATION_SECRET: '${secret}notification-secret)'
    EXTRA_CA_BUNDLE: extraCaBundle
    SYNC_WINDOW_PAST_DAYS: string(syncWindowPastDays)
    SYNC_WINDOW_FUTURE_DAYS: string(syncWindowFutureDays)
    SWEEP_MINUTES: string(sweepMinutes)
    SWEEP_MINUTES_WITHOUT_PUSH: string(sweepMinutesWithoutPush)
    STALE_AFTER_MINUTES: string(staleAfterMinutes)
  }
}

// Deployments sign in with Entra; there are no publishing passwords.
resource passwords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = [for way in ['ftp', 'scm']: {
  parent: app
  name: way
  properties: {
    allow: false
  }
}]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    // What the functions log goes to Application Insights; this is that again, and what the host says when
    // they do not start.
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: detailedLogs
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

output name string = app.name
output baseUrl string = empty(publicBaseUrl) ? 'https://${app.properties.defaultHostName}' : publicBaseUrl
