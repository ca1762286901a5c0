// A person opens the inspector's web page in a real Chromium, signs in by code, and asks a question.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { chromium } from "playwright-core";

const [launcher, mcp, era, browserPath, sql] = process.argv.slice(2);
const within = { timeout: 30_000 };

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return String(port);
}

const home = mkdtempSync("home-");
const options = ["--web", "--transport", "http", "--server-url", mcp, "--protocol-era", era];
const inspector = spawn(process.execPath, [launcher, ...options], {
  env: {
    PATH: process.env.PATH,
    HOME: home,
    CLIENT_PORT: await freePort(),
    MCP_SANDBOX_PORT: await freePort(),
    MCP_AUTO_OPEN_ENABLED: "false",
    MCP_INSPECTOR_SECRET_STORE: "memory",
  },
});
let said = "";
const url = await new Promise((found, failed) => {
  const read = (data) => {
    said += data;
    const address = said.match(/http:\/\/\S+API_TOKEN=\S+/);
    if (address) found(address[0]);
  };
  inspector.stdout.on("data", read);
  inspector.stderr.on("data", read);
  inspector.on("exit", () => failed(new Error("the inspector ended: " + said)));
});

const browser = await chromium.launch({
  executablePath: browserPath,
  // nothing outside this machine is asked for anything
  args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  await page.goto(url);
  await page.getByRole("switch").first().click({ force: true });

  await page.waitForURL(/\/authorize\?/, within);
  await page.getByLabel("Name").fill("ana");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Connected", { exact: true }).waitFor(within);

  await page.getByText("Tools", { exact: true }).first().click();
  await page.getByText("db_query", { exact: true }).first().click();
  const tools = await page.getByRole("button", { name: /^(show|describe|db)_/ }).allInnerTexts();
  await page.getByLabel("database", { exact: false }).first().fill("shop");
  await page.getByLabel("sql", { exact: false }).first().fill(sql);
  await page.getByRole("button", { name: "Execute Tool" }).click();
  const result = page.getByText("rowCount").first();
  await result.waitFor(within);
  const text = await page.locator("body").innerText();
  await page.screenshot({ path: "inspector-page.png" });
  console.log(JSON.stringify({ tools, text }));
} catch (error) {
  const page = browser.contexts()[0]?.pages()[0];
  if (page) {
    await page.screenshot({ path: "inspector-page.png" });
    console.log(await page.locator("body").innerText());
  }
  throw error;
} finally {
  await browser.close();
  inspector.removeAllListeners("exit");
  inspector.kill();
}
