// What the application keeps: tables and queues, apart from the host's storage. The application makes
// what is missing; made here, no trigger meets a missing queue before the first message.
param name string
param location string
param tags object
param redundancy string
param private bool
param workspaceId string
param detailedLogs bool

// As shared/store/ names them.
var tableNames = [
  'accounts'
  'appointments'
  'audit'
  'calendars'
  'changes'
  'figures'
  'locations'
  'roster'
  'signins'
]

// As shared/messages.py names them. The host moves to NAME-poison what has failed too often.
var queueNames = [
  'apply-selection'
  'deliver-change'
  'erase-account'
  'erase-data'
  'publish-changes'
  'realign-appointments'
  'sync-calendar'
  'tell-change'
  'tell-connection'
  'write-appointment'
]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  // checkov:skip=CKV_AZURE_35: open to all networks unless privateNetworking; there are no keys, roles alone let in
  // checkov:skip=CKV_AZURE_206: a parameter; its default keeps copies in three zones
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: private ? 'Deny' : 'Allow'
    }
  }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' = [for table in tableNames: {
  parent: tableService
  name: table
}]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [for queue in queueNames: {
  parent: queueService
  name: queue
}]

resource poisonQueues 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [for queue in queueNames: {
  parent: queueService
  name: '${queue}-poison'
}]

// One for each lease that is given back is one for each run.
resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: tableService
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: detailedLogs
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

// No logs of queues: each message that was done is a deletion there.
resource queueDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: queueService
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

output id string = account.id
output name string = account.name
