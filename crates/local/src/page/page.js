// Shows what the stream tells, and asks the control API for changes. Text of the service is only ever set as text.
const at = (id) => document.getElementById(id);
const seen = new Map();
const open = new Set();

function element(name, content, attributes = {}) {
  const made = document.createElement(name);
  Object.assign(made, attributes);
  made.append(...[content].flat());
  return made;
}

function row(...cells) {
  return element("tr", cells.map((cell) => element("td", cell)));
}

function fill(id, rows, columns, none) {
  const empty = element("tr", element("td", none, { colSpan: columns, className: "quiet" }));
  at(id).replaceChildren(...(rows.length > 0 ? rows : [empty]));
}

async function ask(method, path, body) {
  const response = await fetch(`/_local${path}`, { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) });
  const text = await response.text();
  const value = text ? JSON.parse(text) : undefined;
  at("message").textContent = response.ok ? "" : value.message;
  return value;
}

const short = (time) => time.replace("T", " ").replace(/\.\d+Z$/, "Z");

function timeline({ id, status, updated }) {
  const states = seen.get(id) ?? [];
  if (states.at(-1)?.status !== status) states.push({ status, updated });
  seen.set(id, states);
  const items = states.map((state) => element("li", `${state.status} ${short(state.updated).slice(11)}`));
  return element("ol", items, { className: "timeline" });
}

function request(one) {
  const name = one.operation ?? `${one.method} ${one.path}`;
  const failed = one.status >= 400;
  const head = `${short(one.time)} ${name} `;
  const status = element("span", `${one.status}${one.error ? ` ${one.error}` : ""}`, { className: failed ? "bad" : "quiet" });
  const struck = one.faults.length > 0 ? ` struck by ${one.faults.join(", ")}` : "";
  const body = element("pre", JSON.stringify({ input: one.input, output: one.output }, null, 2));
  const made = element("details", [element("summary", [head, status, struck]), body], { open: open.has(one.request_id) });
  made.addEventListener("toggle", () => (made.open ? open.add(one.request_id) : open.delete(one.request_id)));
  return made;
}

function show({ clock, frozen, meetings, pipelines, faults, requests }) {
  at("clock").textContent = short(clock);
  at("frozen").textContent = frozen ? "frozen" : "";
  const connected = ({ attendees }) => attendees.filter((one) => one.connected).map((one) => one.external_user_id).join(", ") || "nobody";
  fill("meetings", meetings.map((one) => row(`${one.external_meeting_id} ${one.meeting_id}`, one.region, connected(one), one.ends ? short(one.ends) : "never")), 4, "No meetings");
  fill("pipelines", pipelines.map((one) => row(one.id, one.kind, one.status, timeline(one))), 4, "No pipelines");
  const remove = (id) => {
    const button = element("button", "Remove", { type: "button", ariaLabel: `Remove ${id}` });
    button.addEventListener("click", () => ask("DELETE", `/faults/${encodeURIComponent(id)}`));
    return button;
  };
  const rule = ({ id, struck, remaining, ...others }) => JSON.stringify(others);
  fill("faults", faults.map((one) => row(one.id, rule(one), String(one.struck), remove(one.id))), 4, "No faults");
  at("requests").replaceChildren(...(requests.length > 0 ? requests.map(request) : [element("p", "No requests", { className: "quiet" })]));
}

at("advance").addEventListener("submit", (event) => {
  event.preventDefault();
  ask("POST", "/clock/advance", { seconds: Number(new FormData(event.target).get("seconds")) });
});
at("freeze").addEventListener("click", () => ask("POST", "/clock/freeze"));
at("resume").addEventListener("click", () => ask("POST", "/clock/resume"));
at("add-fault").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value !== ""));
  if (given.times) given.times = Number(given.times);
  ask("POST", "/faults", given);
});

const { refusals } = await ask("GET", "/faults/catalogue");
at("refusals").replaceChildren(...refusals.map((one) => element("option", one.name, { value: one.name, title: one.message })));
const stream = new EventSource("/_local/stream");
stream.onopen = () => (at("connection").textContent = "Connected");
stream.onerror = () => (at("connection").textContent = "Disconnected, trying again");
stream.onmessage = ({ data }) => {
  const overview = JSON.parse(data);
  at("operations").replaceChildren(...overview.operations.map((name) => element("option", name, { value: name })));
  show(overview);
};
