// The whole of an installation: one resource group. What each parameter is for: README.md.
targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment; names follow from it.')
param environmentName string

@minLength(1)
@description('Region of all resources.')
param location string

// What the application is told: docs/settings.md. Empty means the default that is named there, or that it is not used.

@description('Where the app is reached from outside, without /api. Empty: its own address.')
param publicBaseUrl string = ''

@minLength(1)
@description('Application id of the registration at Entra.')
param microsoftClientId string

@allowed(['secret', 'certificate', 'identity'])
@description('How the app proves that it is that application: microsoftClientSecret; the certificate microsoft-client-certificate of the vault; or the identity of the app, which the registration must trust.')
param microsoftCredential string = 'secret'

@secure()
@description('Secret of the application. Empty: as the vault has it.')
param microsoftClientSecret string = ''

@description('Where people sign in at Microsoft. Empty: work and personal accounts, in the cloud that this is deployed to.')
param microsoftAuthority string = ''

@description('Microsoft Graph; national clouds have hosts of their own. Empty: that of the global cloud.')
param graphBaseUrl string = ''

@description('Id of the OAuth client at Google. Empty: no Google.')
param googleClientId string = ''

@secure()
@description('Its secret. Empty: as the vault has it; so with the other secrets.')
param googleClientSecret string = ''

@description('The issuer of Google\'s sign-ins.')
param googleAuthBaseUrl string = ''

@description('Google\'s APIs.')
param googleApiBaseUrl string = ''

@minLength(1)
@description('iss of the CRM\'s tokens.')
param crmJwtIssuer string

@minLength(1)
@description('aud of the CRM\'s tokens.')
param crmJwtAudience string

@secure()
@description('Shared secret of the CRM\'s tokens; or crmJwksUrl.')
param crmJwtSecret string = ''

@description('Address of the CRM\'s public keys; or crmJwtSecret.')
param crmJwksUrl string = ''

@description('Where the CRM is told of changes. Empty: the feed alone.')
param crmWebhookUrl string = ''

@secure()
@description('One secret that signs them, or two.')
param crmWebhookSecret string = ''

@description('Whether the webhook may be on a private address, and without TLS.')
param crmWebhookAllowPrivate bool = false

@minLength(1)
@description('The CRM\'s origins, separated by spaces.')
param returnUrlOrigins string

@secure()
@description('Proves that a notification is for its calendar; at least 32 characters.')
param notificationSecret string = ''

@description('Path of a PEM file in the package with certificates trusted besides the system\'s.')
param extraCaBundle string = ''

@minValue(1)
@maxValue(365)
@description('How far back mirrors reach, in days.')
param syncWindowPastDays int = 30

@minValue(92)
@maxValue(1000)
@description('How far ahead mirrors reach, in days.')
param syncWindowFutureDays int = 365

@allowed([1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60])
@description('How often a calendar with push is looked at all the same, in minutes.')
param sweepMinutes int = 60

@allowed([1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60])
@description('How often one without, in minutes.')
param sweepMinutesWithoutPush int = 5

@minValue(2)
@description('When a mirror that was not read counts as busy, in minutes; at least twice sweepMinutes.')
param staleAfterMinutes int = 120

// How it runs.

@allowed(['3.11', '3.12', '3.13'])
@description('Version of Python.')
param pythonVersion string = '3.13'

@allowed([512, 2048, 4096])
@description('Memory of an instance.')
param instanceMemoryMB int = 2048

@minValue(40)
@maxValue(1000)
@description('Most instances of each group of functions: the HTTP functions are one, every other function is its own.')
param maximumInstanceCount int = 100

@minValue(0)
@maxValue(20)
@description('Instances that always wait for HTTP. With none, a cold start can take longer than the 10 s in which Graph wants a new subscription\'s address to answer.')
param alwaysReadyHttpInstances int = 1

@minValue(1)
@maxValue(1000)
@description('Requests that one instance takes at a time.')
param httpConcurrency int = 16

@description('Whether instances are spread over the zones of the region.')
param zoneRedundant bool = false

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
@description('How often, and where, what is stored is kept. A region without zones has no ZRS.')
param storageRedundancy string = 'Standard_ZRS'

@description('Whether storage and vault are reached by private addresses alone. The app itself stays public: providers post to it.')
param privateNetworking bool = false

@description('Whether the log has, beside the records of the application, what the Functions host says, and each row that is deleted from the tables: a third of the bill. For finding out why something does not start, or who deletes.')
param detailedLogs bool = false

@description('Addresses of the network.')
param networkPrefix string = '10.80.0.0/24'

@description('Addresses of the functions in it; some instances share one.')
param functionsPrefix string = '10.80.0.0/26'

@description('Addresses of storage and vault in it.')
param endpointsPrefix string = '10.80.0.64/27'

// What is watched.

@minValue(30)
@maxValue(730)
@description('How long logs are kept, in days.')
param logRetentionDays int = 30

@minValue(-1)
@description('Most that is taken in a day, in GB; -1: no limit.')
param dailyLogLimitGB int = -1

@description('Which share of the application\'s traces is kept, from 0.0 to 1.0. Records and figures are all kept.')
param tracesSampled string = '1.0'

@description('Who is told of alerts, e-mail addresses separated by spaces. Empty: nobody, they are in the portal alone.')
param alertEmails string = ''

@minValue(0)
@description('Costs in a month, in the currency of the subscription, of which alertEmails are told; with budgetStart. 0: no budget.')
param monthlyBudget int = 0

@description('First day of the month from which the budget counts, such as 2027-01-01. Azure lets nobody change it afterwards. Empty: no budget.')
param budgetStart string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var emails = empty(alertEmails) ? [] : split(trim(alertEmails), ' ')

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    retentionDays: logRetentionDays
    dailyLimitGB: dailyLogLimitGB
  }
}

module hostStorage 'modules/host_storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    name: 'sthost${token}'
    location: location
    tags: tags
    redundancy: storageRedundancy
    private: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
  }
}

module dataStorage 'modules/data_storage.bicep' = {
  name: 'data-storage'
  scope: group
  params: {
    name: 'stdata${token}'
    location: location
    tags: tags
    redundancy: storageRedundancy
    private: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
    detailedLogs: detailedLogs
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    private: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
    microsoftClientSecret: microsoftClientSecret
    googleClientSecret: googleClientSecret
    crmJwtSecret: crmJwtSecret
    crmWebhookSecret: crmWebhookSecret
    notificationSecret: notificationSecret
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  name: 'network'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    addressPrefix: networkPrefix
    functionsPrefix: functionsPrefix
    endpointsPrefix: endpointsPrefix
    hostStorageId: hostStorage.outputs.id
    dataStorageId: dataStorage.outputs.id
    vaultId: vault.outputs.id
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    hostStorageName: hostStorage.outputs.name
    dataStorageName: dataStorage.outputs.name
    vaultName: vault.outputs.name
    sealingKeyName: vault.outputs.sealingKeyName
    componentName: monitoring.outputs.componentName
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  dependsOn: [
    roles
  ]
  params: {
    token: token
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    subnetId: privateNetworking ? network!.outputs.functionsSubnetId : ''
    workspaceId: monitoring.outputs.workspaceId
    detailedLogs: detailedLogs
    componentName: monitoring.outputs.componentName
    hostStorageName: hostStorage.outputs.name
    packageContainer: hostStorage.outputs.packageContainer
    dataStorageName: dataStorage.outputs.name
    vaultUri: vault.outputs.uri
    sealingKeyUri: vault.outputs.sealingKeyUri
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttpInstances: alwaysReadyHttpInstances
    httpConcurrency: httpConcurrency
    zoneRedundant: zoneRedundant
    tracesSampled: tracesSampled
    publicBaseUrl: publicBaseUrl
    microsoftClientId: microsoftClientId
    microsoftCredential: microsoftCredential
    microsoftAuthority: empty(microsoftAuthority) ? '${environment().authentication.loginEndpoint}common' : microsoftAuthority
    graphBaseUrl: graphBaseUrl
    googleClientId: googleClientId
    googleAuthBaseUrl: googleAuthBaseUrl
    googleApiBaseUrl: googleApiBaseUrl
    crmJwtIssuer: crmJwtIssuer
    crmJwtAudience: crmJwtAudience
    crmJwksUrl: crmJwksUrl
    crmWebhookUrl: crmWebhookUrl
    crmWebhookAllowPrivate: crmWebhookAllowPrivate
    returnUrlOrigins: returnUrlOrigins
    extraCaBundle: extraCaBundle
    syncWindowPastDays: syncWindowPastDays
    syncWindowFutureDays: syncWindowFutureDays
    sweepMinutes: sweepMinutes
    sweepMinutesWithoutPush: sweepMinutesWithoutPush
    staleAfterMinutes: staleAfterMinutes
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    emails: emails
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    name: guid(group.id, 'calendar-sync')
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0 && !empty(budgetStart)) {
  name: 'budget'
  scope: group
  params: {
    name: 'budget-${token}'
    amount: monthlyBudget
    startDate: budgetStart
    emails: emails
    actionGroupId: alerts.outputs.actionGroupId
  }
}

// azd keeps these in its environment; no parameter may be filled from the same name.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = app.outputs.name
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
output APP_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output APP_BASE_URL string = app.outputs.baseUrl
