// The private way from the app to storage and vault.
param token string
param location string
param tags object
param addressPrefix string
param functionsPrefix string
param endpointsPrefix string
param hostStorageId string
param dataStorageId string
param vaultId string

var storageSuffix = environment().suffixes.storage
// .vault.azure.net is reached privately as .vaultcore.azure.net, and so in each cloud.
var vaultZone = 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
var zoneNames = [
  'privatelink.blob.${storageSuffix}'
  'privatelink.queue.${storageSuffix}'
  'privatelink.table.${storageSuffix}'
  vaultZone
]
var endpoints = [
  {
    name: 'host-blob'
    target: hostStorageId
    kind: 'blob'
    zone: 0
  }
  {
    name: 'host-table'
    target: hostStorageId
    kind: 'table'
    zone: 2
  }
  {
    name: 'data-queue'
    target: dataStorageId
    kind: 'queue'
    zone: 1
  }
  {
    name: 'data-table'
    target: dataStorageId
    kind: 'table'
    zone: 2
  }
  {
    name: 'vault'
    target: vaultId
    kind: 'vault'
    zone: 3
  }
]

resource functionsGuard 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-functions-${token}'
  location: location
  tags: tags
}

resource endpointsGuard 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-endpoints-${token}'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressPrefix
      ]
    }
    subnets: [
      {
        name: 'functions'
        properties: {
          addressPrefix: functionsPrefix
          networkSecurityGroup: {
            id: functionsGuard.id
          }
          delegations: [
            {
              name: 'functions'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointsPrefix
          networkSecurityGroup: {
            id: endpointsGuard.id
          }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for name in zoneNames: {
  name: name
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (name, index) in zoneNames: {
  parent: zones[index]
  name: 'to-network'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for endpoint in endpoints: {
  name: 'pe-${endpoint.name}-${token}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: '${network.id}/subnets/endpoints'
    }
    privateLinkServiceConnections: [
      {
        name: endpoint.name
        properties: {
          privateLinkServiceId: endpoint.target
          groupIds: [
            endpoint.kind
          ]
        }
      }
    ]
  }
}]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (endpoint, index) in endpoints: {
  parent: privateEndpoints[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: endpoint.kind
        properties: {
          privateDnsZoneId: zones[endpoint.zone].id
        }
      }
    ]
  }
}]

output functionsSubnetId string = '${network.id}/subnets/functions'
