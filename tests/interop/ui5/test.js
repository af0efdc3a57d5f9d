// OpenUI5's ODataModel (v2) as an application uses it; serve.mjs gives it both services on one origin.
"use strict";
sap.ui.require(["sap/ui/model/odata/v2/ODataModel", "sap/ui/model/Filter", "sap/ui/model/FilterOperator", "sap/ui/model/Sorter"],
  function (ODataModel, Filter, FilterOperator, Sorter) {
    const check = (condition, what) => { if (!condition) throw new Error(what); };
    const call = (model, verb, path, ...rest) => new Promise((success, fail) => {
      const options = typeof rest[rest.length - 1] === "object" && rest.length > (verb === "create" || verb === "update" ? 1 : 0) ? rest.pop() : {};
      model[verb](path, ...rest, { ...options, success, error: e => fail(new Error(verb + " " + path + ": " + (e.statusCode || "") + " " + (e.responseText || e.message))) });
    });
    const opened = root => {
      const model = new ODataModel(root, { useBatch: true, defaultCountMode: "Inline", tokenHandling: true });
      return model.metadataLoaded(true).then(() => model);
    };

    async function mock() {
      const model = await opened("/odata/");
      const books = await call(model, "read", "/Books", { filters: [new Filter("Price", FilterOperator.GT, "10")], sorters: [new Sorter("Price", true)], urlParameters: { $inlinecount: "allpages" } });
      check(books.results.length === 2 && books.results[0].Isbn === "300" && books.__count === "2", "filter, order, count");
      const [one, two] = await Promise.all([call(model, "read", "/Books('100')", { urlParameters: { $expand: "Author" } }), call(model, "read", "/Authors(2)")]);
      check(one.Author.Name === "Ada (the first)" && two.Name === "O'Neil & Söhne", "two reads in one batch");
      check(one.__metadata.etag && one.Printed instanceof Date && Number(one.Price) === 12.5, "types and ETag");
      const made = await call(model, "create", "/Books", { Isbn: "ui5", Title: "Grün", Price: "1.25", Stock: 1, AuthorId: 2, Version: 1 });
      check(made.Isbn === "ui5", "create");
      await call(model, "read", "/Books('ui5')");
      await call(model, "update", "/Books('ui5')", { Stock: 5 });
      check((await call(model, "read", "/Books('ui5')")).Stock === 5, "update with the ETag it holds");
      const quote = await call(model, "callFunction", "/Quote", { method: "GET", urlParameters: { Isbn: "100" } });
      check(/^10\.0/.test(quote.Quote), "function: " + JSON.stringify(quote));
      check((await call(model, "callFunction", "/BooksOf", { method: "GET", urlParameters: { AuthorId: 1 } })).results.length === 2, "function of entities");
      await call(model, "remove", "/Books('ui5')");
      let gone = false;
      await call(model, "read", "/Books('ui5')").catch(e => { gone = / 404 /.test(e.message); });
      check(gone, "an error in a batch");
    }

    async function api() {
      const model = await opened("/api/v1/"), id = "ui5" + Date.now();
      check((await call(model, "create", "/IntegrationPackages", { Id: id, Name: id, ShortText: "by UI5" })).Id === id, "create a package");
      // 202 without a body, as Cloud Integration answers, calls neither success nor error in UI5.
      const sent = () => new Promise(done => { model.attachEventOnce("batchRequestCompleted", done); });
      let done = sent();
      model.update(`/IntegrationPackages('${id}')`, { Name: id, ShortText: "changed" }, { merge: false });
      await done;
      check((await call(model, "read", `/IntegrationPackages('${id}')`)).ShortText === "changed", "update a package");
      const logs = await call(model, "read", "/MessageProcessingLogs", { filters: [new Filter("Status", FilterOperator.EQ, "FAILED"),
        new Filter("LogEnd", FilterOperator.GE, new Date(0))], sorters: [new Sorter("LogEnd", true)], urlParameters: { $top: "5" } });
      check(Array.isArray(logs.results), "logs");
      let missing = false;
      await call(model, "callFunction", "/DeployIntegrationDesigntimeArtifact", { method: "POST", urlParameters: { Id: "none", Version: "active" } })
        .catch(e => { missing = / 404 /.test(e.message); });
      check(missing, "function");
      done = sent();
      model.remove(`/IntegrationPackages('${id}')`);
      await done;
    }

    const say = text => fetch("/done", { method: "POST", body: text });
    (async () => {
      for (const [name, part] of [["mock", mock], ["api", api]]) {
        await part().catch(e => { throw new Error(name + ": " + e.message); });
      }
    })().then(() => say("passed"), e => say(e.message));
  }, e => fetch("/done", { method: "POST", body: "loading: " + e.message }));
