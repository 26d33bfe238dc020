// The secrets that the app's settings refer to, and the key of people's tokens. A secret that is not given
// is left as it is.
param name string
param location string
param tags object
param private bool
param workspaceId string

@secure()
param microsoftClientSecret string
@secure()
param googleClientSecret string
@secure()
param crmJwtSecret string
@secure()
param crmWebhookSecret string
@secure()
param notificationSecret string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  // checkov:skip=CKV_AZURE_109: open to all networks unless privateNetworking; who may read is decided by role
  // checkov:skip=CKV_AZURE_189: the same; it cannot read the condition either, and says so with a traceback
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: private ? 'Deny' : 'Allow'
    }
  }
}

resource microsoftClient 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(microsoftClientSecret)) {
  // checkov:skip=CKV_AZURE_114: it is set below; checkov does not look into what is made on a condition
  // checkov:skip=CKV_AZURE_41: it ends where it was issued; a date here would not end it, and could be forgotten
  parent: vault
  name: 'microsoft-client-secret'
  properties: {
    contentType: 'text/plain'
    value: microsoftClientSecret
  }
}

resource googleClient 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(googleClientSecret)) {
  // checkov:skip=CKV_AZURE_114: it is set below; checkov does not look into what is made on a condition
  // checkov:skip=CKV_AZURE_41: it ends where it was issued; a date here would not end it, and could be forgotten
  parent: vault
  name: 'google-client-secret'
  properties: {
    contentType: 'text/plain'
    value: googleClientSecret
  }
}

resource crmJwt 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(crmJwtSecret)) {
  // checkov:skip=CKV_AZURE_114: it is set below; checkov does not look into what is made on a condition
  // checkov:skip=CKV_AZURE_41: it ends where it was issued; a date here would not end it, and could be forgotten
  parent: vault
  name: 'crm-jwt-secret'
  properties: {
    contentType: 'text/plain'
    value: crmJwtSecret
  }
}

resource crmWebhook 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(crmWebhookSecret)) {
  // checkov:skip=CKV_AZURE_114: it is set below; checkov does not look into what is made on a condition
  // checkov:skip=CKV_AZURE_41: it ends where it was issued; a date here would not end it, and could be forgotten
  parent: vault
  name: 'crm-webhook-secret'
  properties: {
    contentType: 'text/plain'
    value: crmWebhookSecret
  }
}

resource notification 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(notificationSecret)) {
  // checkov:skip=CKV_AZURE_114: it is set below; checkov does not look into what is made on a condition
  // checkov:skip=CKV_AZURE_41: it ends where it was issued; a date here would not end it, and could be forgotten
  parent: vault
  name: 'notification-secret'
  properties: {
    contentType: 'text/plain'
    value: notificationSecret
  }
}

// Wraps the data keys that seal people's tokens; it never leaves the vault. Once there it stays as it is:
// deploying again makes no new version. Each year's version seals, all of them open.
resource sealingKey 'Microsoft.KeyVault/vaults/keys@2023-07-01' = {
  // checkov:skip=CKV_AZURE_40: what an expired key has sealed would be lost with it; versions are replaced instead
  // checkov:skip=CKV_AZURE_112: the premium tier alone has keys in hardware of their own
  parent: vault
  name: 'token-sealing'
  properties: {
    kty: 'RSA'
    keySize: 3072
    keyOps: [
      'wrapKey'
      'unwrapKey'
    ]
    rotationPolicy: {
      lifetimeActions: [
        {
          action: {
            type: 'rotate'
          }
          trigger: {
            timeAfterCreate: 'P1Y'
          }
        }
      ]
    }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
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

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
output sealingKeyName string = sealingKey.name
output sealingKeyUri string = sealingKey.properties.keyUri
