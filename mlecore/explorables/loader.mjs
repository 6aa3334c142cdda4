// Live plots on a page without a kernel. Reads the widget state that the executed notebook left in the page,
// gives each widget a model with the anywidget front-end interface (https://anywidget.dev/en/afm/) and renders
// it where its view script stands. No other host is asked; what cannot be shown is said in its place.

const STATE = "application/vnd.jupyter.widget-state+json";
const VIEW = "application/vnd.jupyter.widget-view+json";

const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

class Model {
  alone = true; // no kernel: a plot may keep its state in the page's address
  constructor(id, record, registry) {
    Object.assign(this, { id, registry, name: record.model_name, state: record.state, listeners: new Map() });
    for (const { path, data } of record.buffers ?? []) { // base64: the encoding ipywidgets writes
      const last = path.at(-1), owner = path.slice(0, -1).reduce((object, key) => object[key], this.state);
      owner[last] = new DataView(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer);
    }
    this.widget_manager = { get_model: async (id) => registry.get(id) };
  }
  get(key) {
    return this.state[key];
  }
  set(key, value) {
    if (typeof key === "object") return Object.entries(key).forEach((pair) => this.set(...pair));
    if (same(this.state[key], value)) return;
    this.state[key] = value;
    this.emit(`change:${key}`, value);
    this.emit("change");
  }
  emit(event, value) {
    for (const listener of [...this.listeners.get(event) ?? []]) listener(this, value);
  }
  on(event, listener) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(listener);
  }
  off(event, listener) {
    if (!event) this.listeners.clear();
    else if (listener) this.listeners.get(event)?.delete(listener);
    else this.listeners.delete(event);
  }
  save_changes() {} // nothing to save to
  send() {}
  // Other widgets are named "IPY_MODEL_<id>" in the state.
  other(reference) {
    return this.registry.get(String(reference).replace("IPY_MODEL_", ""));
  }
}

// jslink and jsdlink: [model, trait] → [model, trait].
function link(model) {
  const [[source, from], [target, to]] = ["source", "target"].map((end) => {
    const [reference, trait] = model.get(end);
    return [model.other(reference), trait];
  });
  if (!source || !target) return;
  const tie = (a, x, b, y) => a.on(`change:${x}`, () => b.set(y, a.get(x)));
  target.set(to, source.get(from));
  tie(source, from, target, to);
  if (model.name === "LinkModel") tie(target, to, source, from);
}

// ---- the few plain ipywidgets that lessons put beside a plot ----

function slider({ model, el }) {
  const label = el.appendChild(document.createElement("label"));
  label.className = "mle-plain";
  const name = label.appendChild(document.createElement("span"));
  const input = label.appendChild(document.createElement("input"));
  const value = label.appendChild(document.createElement("output"));
  const whole = model.name === "IntSliderModel";
  input.type = "range";
  input.addEventListener("input", () => model.set("value", Number(input.value)));
  const show = () => {
    for (const key of ["min", "max", "step"]) input[key] = model.get(key);
    input.disabled = model.get("disabled") ?? false;
    input.value = model.get("value");
    name.textContent = model.get("description") ?? "";
    if (!name.textContent) input.ariaLabel = "value";
    value.textContent = whole ? model.get("value") : Number(model.get("value").toPrecision(4));
  };
  for (const key of ["value", "min", "max", "step", "description", "disabled"]) model.on(`change:${key}`, show);
  show();
}

async function box({ model, el }) {
  el.classList.add("mle-box", model.name === "HBoxModel" ? "mle-hbox" : "mle-vbox");
  for (const reference of model.get("children")) {
    const place = el.appendChild(document.createElement("div"));
    await show(place, model.other(reference));
  }
}

const PLAIN = { FloatSliderModel: slider, IntSliderModel: slider, HBoxModel: box, VBoxModel: box };

// ---- rendering ----

const modules = new Map(); // one import and one initialize per widget class and model

async function frontEnd(model) {
  if (PLAIN[model.name]) return { render: PLAIN[model.name] };
  const id = model.get("_anywidget_id");
  if (!id) throw new Error(`${model.name} needs a running notebook: download it to use this widget`);
  const file = id.split(".").pop().replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
  const { default: found } = await import(new URL(`./${file}.mjs`, import.meta.url));
  return typeof found === "function" ? found() : found;
}

async function show(el, model) {
  try {
    if (!model) throw new Error("its saved state is missing from the page: build the page again");
    if (!modules.has(model.id)) {
      modules.set(model.id, (async () => {
        const found = await frontEnd(model);
        await found.initialize?.({ model, signal: new AbortController().signal });
        return found;
      })());
    }
    const end = new AbortController();
    const cleanup = await (await modules.get(model.id)).render({ model, el, signal: end.signal });
    el.remove_view = () => {
      end.abort();
      cleanup?.();
      el.remove();
    };
  } catch (error) {
    console.error(error);
    el.className = "mle-failed";
    el.setAttribute("role", "alert");
    el.textContent = `This live plot could not start: ${error.message}.`;
  }
}

const registry = new Map();
for (const script of document.querySelectorAll(`script[type="${STATE}"]`)) {
  for (const [id, record] of Object.entries(JSON.parse(script.textContent).state)) {
    registry.set(id, new Model(id, record, registry));
  }
}
for (const model of registry.values()) {
  if (model.name === "LinkModel" || model.name === "DirectionalLinkModel") link(model);
}
for (const script of document.querySelectorAll(`script[type="${VIEW}"]`)) {
  const el = document.createElement("div");
  el.className = "mle-view";
  script.after(el);
  show(el, registry.get(JSON.parse(script.textContent).model_id));
}
