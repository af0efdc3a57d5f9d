// The page, OpenUI5's sources, and both services behind one origin, as an application router would; then a browser.
import { spawn } from "node:child_process";
import { createReadStream, existsSync, rmSync, statSync } from "node:fs";
import http from "node:http";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { MOCK, API, WORK, CHROMIUM = "chromium" } = process.env;
const ui5 = join(WORK, "js/node_modules/@openui5/sap.ui.core/src");
const types = { ".js": "text/javascript", ".html": "text/html", ".json": "application/json", ".css": "text/css", ".properties": "text/plain" };

function forward(req, res, root, authorization) {
  const to = new URL(root);
  const headers = { ...req.headers, host: to.host, ...(authorization && { authorization }) };
  req.pipe(http.request({ host: to.hostname, port: to.port, method: req.method, path: req.url, headers },
    answer => { res.writeHead(answer.statusCode, answer.headers); answer.pipe(res); }));
}

function file(res, path) {
  if (!existsSync(path) || !statSync(path).isFile()) { res.writeHead(404).end(); return; }
  res.writeHead(200, { "content-type": types[path.slice(path.lastIndexOf("."))] || "application/octet-stream" });
  createReadStream(path).pipe(res);
}

function end(text) {
  browser.kill("SIGKILL");
  console.log("ui5: " + text);
  process.exit(text === "passed" ? 0 : 1);
}

const server = http.createServer((req, res) => {
  const path = normalize(decodeURIComponent(req.url.split("?")[0]));
  if (path === "/done") { let text = ""; req.on("data", d => { text += d; }).on("end", () => end(text)); return; }
  if (path.startsWith("/odata/")) return forward(req, res, MOCK);
  if (path.startsWith("/api/v1/")) return forward(req, res, API, "Basic " + Buffer.from("dev:dev").toString("base64"));
  file(res, path.startsWith("/resources/") ? join(ui5, path.slice(11)) : join(here, path));
});
let browser;
server.listen(0, "127.0.0.1", () => {
  const profile = join(WORK, "chromium");
  rmSync(profile, { recursive: true, force: true });
  browser = spawn(CHROMIUM, ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--enable-logging=stderr", "--user-data-dir=" + profile,
    "--remote-debugging-port=0", `http://127.0.0.1:${server.address().port}/index.html`], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  browser.stderr.on("data", d => { log += d; });
  setTimeout(() => end("no answer in 30 s\n" + log.split("\n").filter(l => l.includes("CONSOLE")).slice(-15).join("\n")), 30000);
});
