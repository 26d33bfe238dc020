// When somebody is told. Each alert is a query of ../alerts/ that ends in one Value, and what that Value may be.
param token string
param location string
param tags object
param workspaceId string
param emails array

var records = loadTextContent('../alerts/records.kql')

// severity: 1 something is lost or stands still, 2 somebody is worse off, 3 look at it in working hours.
// resolves: whether silence means that all is well again. What is logged once, when it begins, would be called well
// while it goes on, and what comes meanwhile would not be told: that is told each time, and closed by hand.
var alerts = [
  {
    name: 'poison-messages'
    description: 'A message failed too often. What must be done in the end is tried again each hour; a calendar is parked; an appointment failed.'
    severity: 1
    query: loadTextContent('../alerts/poison-messages.kql')
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT15M'
    window: 'PT15M'
    resolves: false
  }
  {
    name: 'calendars-stale'
    description: 'Calendars were not read in time; once they are staler than STALE_AFTER_MINUTES their users count as busy.'
    severity: 2
    query: loadTextContent('../alerts/calendars-stale.kql')
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT15M'
    window: 'PT15M'
    resolves: false
  }
  {
    name: 'subscriptions-failing'
    description: 'Calendars have no push channel and are polled.'
    severity: 2
    query: loadTextContent('../alerts/subscriptions-failing.kql')
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT15M'
    window: 'PT15M'
    resolves: false
  }
  {
    name: 'reconnects-rising'
    description: 'More accounts than usual must be connected again: has the registration changed, or a policy of their tenant?'
    severity: 2
    query: loadTextContent('../alerts/reconnects-rising.kql')
    operator: 'GreaterThan'
    threshold: 5
    every: 'PT1H'
    window: 'P1D'
    resolves: true
  }
  {
    name: 'server-errors'
    description: 'Requests were answered with 5xx.'
    severity: 1
    query: loadTextContent('../alerts/server-errors.kql')
    operator: 'GreaterThan'
    threshold: 5
    every: 'PT5M'
    window: 'PT15M'
    resolves: true
  }
  {
    name: 'queue-age'
    description: 'Messages of a queue wait for minutes: its function stands still, or cannot keep up.'
    severity: 1
    query: loadTextContent('../alerts/queue-age.kql')
    operator: 'GreaterThan'
    threshold: 300
    every: 'PT5M'
    window: 'PT15M'
    resolves: true
  }
  {
    name: 'sweeps-missing'
    description: 'The timer of every minute did not run: the app is down, or its logs do not arrive.'
    severity: 1
    query: loadTextContent('../alerts/sweeps-missing.kql')
    operator: 'LessThan'
    threshold: 5
    every: 'PT5M'
    window: 'PT15M'
    resolves: true
  }
  {
    name: 'deletions-held'
    description: 'So much vanished from a calendar at once that it is held: it frees nothing until it is confirmed by later readings.'
    severity: 3
    query: loadTextContent('../alerts/deletions-held.kql')
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT1H'
    window: 'PT1H'
    resolves: false
  }
  {
    name: 'webhook-failing'
    description: 'The CRM did not take changes, and will not be asked again; the feed still has them.'
    severity: 2
    query: loadTextContent('../alerts/webhook-failing.kql')
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT15M'
    window: 'PT15M'
    resolves: false
  }
  {
    name: 'notifications-unproven'
    description: 'Notifications come that prove no calendar.'
    severity: 3
    query: loadTextContent('../alerts/notifications-unproven.kql')
    operator: 'GreaterThan'
    threshold: 100
    every: 'PT1H'
    window: 'PT1H'
    resolves: true
  }
  {
    name: 'other-alarms'
    description: 'The app raised another alarm: its record names it.'
    severity: 3
    query: loadTextContent('../alerts/other-alarms.kql')
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT15M'
    window: 'PT15M'
    resolves: false
  }
]

resource told 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'calendars'
    enabled: true
    emailReceivers: [for (email, index) in emails: {
      name: 'email-${index}'
      emailAddress: email
      useCommonAlertSchema: true
    }]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in alerts: {
  name: '${rule.name}-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: rule.name
    description: rule.description
    severity: rule.severity
    enabled: true
    scopes: [
      workspaceId
    ]
    evaluationFrequency: rule.every
    windowSize: rule.window
    autoMitigate: rule.resolves
    // The tables are not there before the first record has come.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: '${records}\n${rule.query}'
          timeAggregation: 'Maximum'
          metricMeasureColumn: 'Value'
          operator: rule.operator
          threshold: rule.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        told.id
      ]
    }
  }
}]

output actionGroupId string = told.id
