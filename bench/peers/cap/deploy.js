// Creates db.sqlite with the schema; seed.sql fills it. Without cds-dk.
const cds = require('@sap/cds');
(async () => {
  const csn = await cds.load(['db/schema.cds', 'srv/api.cds']);
  require('fs').rmSync('db.sqlite', { force: true });
  cds.model = cds.compile.for.nodejs(csn);
  await cds.deploy(csn).to(await cds.connect.to('db'));
  process.exit(0);
})().catch(e => { console.error(e); process.exit(1); });
