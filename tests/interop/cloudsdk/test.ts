// SAP Cloud SDK against the mock and against /api/v1, through clients generated from their documents.
import { BigNumber } from "bignumber.js";
import { and, desc } from "@sap-cloud-sdk/odata-v2";
import { batch as shopBatch, changeset, shop, quote, booksOf } from "./generated/shop";
import { ci, deployIntegrationDesigntimeArtifact } from "./generated/ci";

const check = (condition: unknown, what: string) => { if (!condition) throw new Error(what); };
// The SDK may bring a copy of the class of its own, whose type is another.
const decimal = (value: string | number): any => new BigNumber(value);
const status = (e: any): number => e.response?.status ?? e.cause?.response?.status ?? e.rootCause?.response?.status ?? 0;

async function mock(url: string) {
  const at = { url }, { booksApi, authorsApi } = shop(), B = booksApi.schema;
  const found = await booksApi.requestBuilder().getAll().filter(and(B.PRICE.greaterThan(decimal(10)), B.STOCK.greaterThan(0))).execute(at);
  check(found.length === 2 && found[0].price.eq(12.5), "filter");
  check(await booksApi.requestBuilder().getAll().filter(B.AUTHOR_ID.equals(1)).count().execute(at) === 2, "count");
  const one = await booksApi.requestBuilder().getByKey("100").select(booksApi.schema.ALL_FIELDS, B.AUTHOR).execute(at);
  check(one.author.name === "Ada (the first)", "expand");
  const made = await booksApi.requestBuilder().create(booksApi.entityBuilder().isbn("sdk").title("Öl").price(decimal("1.25")).stock(1).version(1).build()).execute(at);
  check(made.isbn === "sdk" && made.versionIdentifier, "create, with its ETag");
  made.stock = 6;
  await booksApi.requestBuilder().update(made).execute(at);
  check((await booksApi.requestBuilder().getByKey("sdk").execute(at)).stock === 6, "update");
  check((await quote({ isbn: "100" }).execute(at)).eq(10), "function of a number");
  check((await booksOf({ authorId: 1 }).execute(at)).length === 2, "function of entities");
  const salt = await booksApi.requestBuilder().getByKey("300").execute(at);
  salt.stock = 8;
  const [read, changed] = await shopBatch(booksApi.requestBuilder().getByKey("300"),
    changeset(booksApi.requestBuilder().update(salt), authorsApi.requestBuilder().create(authorsApi.entityBuilder().id(9).name("New").build()))).execute(at);
  check(read.isSuccess() && changed.isSuccess(), "batch");
  check((await booksApi.requestBuilder().getByKey("300").execute(at)).stock === 8, "change set");
  await booksApi.requestBuilder().delete("sdk").setVersionIdentifier("*").execute(at);
  check(await booksApi.requestBuilder().getByKey("sdk").execute(at).then(() => 0, status) === 404, "delete");
}

async function api(url: string) {
  const at = { url, username: "dev", password: "dev" } as any, { integrationPackagesApi: packages, messageProcessingLogsApi: logs } = ci();
  const id = "sdk" + Date.now();
  await packages.requestBuilder().create(packages.entityBuilder().id(id).name(id).shortText("by the SDK").build()).execute(at);
  const one = await packages.requestBuilder().getByKey(id).execute(at);
  check(one.shortText === "by the SDK", "read a package");
  one.shortText = "changed";
  await packages.requestBuilder().update(one).replaceWholeEntityWithPut().execute(at);
  check((await packages.requestBuilder().getByKey(id).execute(at)).shortText === "changed", "update a package");
  await logs.requestBuilder().getAll().filter(logs.schema.STATUS.equals("FAILED")).orderBy(desc(logs.schema.LOG_END)).top(5).execute(at);
  check(await deployIntegrationDesigntimeArtifact({ id: "none", version: "active" } as any).execute(at).then(() => 0, status) === 404, "function");
  await packages.requestBuilder().delete(id).execute(at);
}

(async () => {
  const { MOCK, API } = process.env;
  await mock(MOCK.replace(/\/$/, "")).catch(e => { throw new Error("mock: " + e.message + " " + (e.cause?.message ?? "") + " " + JSON.stringify(e.cause?.response?.data ?? "")); });
  await api(API.replace(/\/$/, "")).catch(e => { throw new Error("api: " + e.message + " " + (e.cause?.message ?? "") + " " + JSON.stringify(e.cause?.response?.data ?? "")); });
  console.log("cloudsdk: passed");
})().catch(e => { console.error("cloudsdk: " + e.message); process.exit(1); });
