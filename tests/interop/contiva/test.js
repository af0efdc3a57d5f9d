// A flow's life through the client, as a caller of the package would write it: package, upload, parameter, resource,
// deploy, message, log, undeploy, delete. usage: test.js API-URL HELLO-ZIP
const assert = require('assert');
const fs = require('fs');
const SapClient = require('@contiva/sap-integration-suite-client').default;

const api = process.argv[2].replace(/\/$/, '');
const root = api.replace(/\/api\/v1$/, '');
const content = fs.readFileSync(process.argv[3]).toString('base64');
const client = new SapClient({
  baseUrl: api, oauthClientId: 'dev', oauthClientSecret: 'dev', oauthTokenUrl: `${root}/oauth/token`, noCache: true, maxRetries: 0,
});
const { integrationContent: design, messageProcessingLogs: logs, messageStore: store, securityContent: security } = client;
const id = 'hello', pack = 'ContivaInterop';

async function until(what, read) {
  for (let i = 0; i < 100; i++) {
    const value = await read().catch(() => null);
    if (value) return value;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`never: ${what}`);
}

async function designTime() {
  await design.createIntegrationPackage({ Id: pack, Name: pack, ShortText: 'short', Version: '1.0.0' });
  await design.updateIntegrationPackage(pack, { Name: pack, ShortText: 'changed' });
  assert.equal((await design.getIntegrationPackageById(pack)).ShortText, 'changed');
  assert((await design.getIntegrationPackages()).some((p) => p.Id === pack));
  await design.createIntegrationFlow({ Id: id, Name: id, PackageId: pack, ArtifactContent: content });
  await design.updateIntegrationFlow(id, 'active', { Name: id, ArtifactContent: content });
  assert.deepEqual((await design.getIntegrationFlows(pack)).map((f) => f.Id), [id]);
  assert((await design.downloadIntegrationFlow(id)).byteLength > 100);
  const [parameter] = await design.getIntegrationFlowConfigurations(id);
  await design.updateIntegrationFlowConfiguration(id, parameter.ParameterKey, 'by contiva', parameter.DataType);
  assert.equal((await design.getIntegrationFlowConfigurations(id))[0].ParameterValue, 'by contiva');
  const resource = { Name: 'extra.groovy', ResourceType: 'groovy', ResourceContent: Buffer.from('def x = 1').toString('base64') };
  await design.addIntegrationFlowResource(id, 'active', resource);
  assert((await design.getIntegrationFlowResources(id)).some((r) => r.Name === resource.Name));
  await design.updateIntegrationFlowResource(id, 'active', resource.Name, 'groovy', { ResourceContent: resource.ResourceContent });
  await design.deleteIntegrationFlowResource(id, 'active', resource.Name, 'groovy');
  await design.saveIntegrationFlowAsVersion(`'${id}'`, "'1.0.7'");
  assert.equal((await design.getIntegrationFlowById(id)).Version, '1.0.7');
}

async function runTime() {
  await design.deployIntegrationFlow(id);
  const artifact = await until('started', async () => {
    const a = await design.getDeployedArtifactById(id);
    return a && a.Status === 'STARTED' && a;
  });
  assert.equal(artifact.Version, '1.0.7');
  const [endpoint] = (await design.getServiceEndpoints()).filter((e) => e.Name === id);
  const token = Buffer.from('dev:dev').toString('base64');
  const answer = await fetch(endpoint.EntryPoints.results[0].Url, {
    method: 'POST', headers: { authorization: `Basic ${token}`, 'content-type': 'application/xml' }, body: '<name>x</name>',
  });
  assert.equal(answer.status, 200);
  const filter = `IntegrationFlowName eq '${id}' and Status eq 'COMPLETED'`;
  const [log] = await until('logged', async () => {
    const found = (await logs.getMessageProcessingLogs({ top: 1, filter })).logs;
    return found.length && found;
  });
  assert.equal((await logs.getMessageProcessingLogById(log.MessageGuid)).Status, 'COMPLETED');
  assert.deepEqual(await logs.getLogAttachments(log.MessageGuid), []);
}

async function securityContent() {
  await security.createUserCredential({ Name: 'ContivaUser', Kind: 'default', User: 'u', Password: 'p', Description: 'd' });
  assert.equal((await security.getUserCredentialByName('ContivaUser')).User, 'u');
  await security.deleteUserCredential('ContivaUser');
  assert.deepEqual(await store.getVariables(), []);
  assert.deepEqual(await store.getDataStores(), []);
}

async function clean() {
  await design.undeployIntegrationFlow(id);
  await design.deleteIntegrationFlow(id, 'active');
  await design.deleteIntegrationPackage(pack);
  await assert.rejects(design.getIntegrationPackageById(pack), /404/);
}

(async () => {
  for (const part of [designTime, runTime, securityContent, clean]) await part();
  console.log('contiva: a flow from upload to log and back');
  process.exit(0);
})().catch((e) => {
  console.error('contiva:', e);
  process.exit(1);
});
