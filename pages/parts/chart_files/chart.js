// Draws a figure (core/figures) with plotly.js and redraws it in place: zoom, hidden lines, the hover box and a drag
// in progress outlive every refresh. Streamlit calls the default function for each new figure and each change of theme;
// what it returns is called once, when the chart leaves the page.

const NARROW = 640; // px; below, the figure's `narrow` layout applies
const CONFIG = {
  displaylogo: false,
  doubleClick: "reset+autosize",
  modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
};

const PAUSE = 300; // ms without another zoom, before the server hears of it

const charts = new WeakMap(); // parent element -> Chart
let plotly; // promise of plotly.js, loaded once a page

export default function ({ data, parentElement, setStateValue }) {
  const box = parentElement.querySelector(".twincast-chart");
  let chart = charts.get(parentElement);
  if (chart?.box !== box) {
    chart?.remove();
    chart = new Chart(box);
    charts.set(parentElement, chart);
  }
  chart.tell = (zoom) => setStateValue("zoom", zoom);
  chart.show(data);
  return () => {
    chart.remove();
    charts.delete(parentElement);
  };
}

class Chart {
  constructor(box) {
    this.box = box;
    this.sizes = new ResizeObserver(() => this.#fit());
    this.sizes.observe(this.box);
    this.box.addEventListener("pointerup", () => setTimeout(() => this.late && this.#draw()));
  }

  async show(wanted) {
    this.wanted = wanted;
    this.#setHeight();
    this.box.setAttribute("aria-label", wanted.description);
    plotly ??= load(wanted.plotly);
    await plotly;
    this.#draw();
  }

  remove() {
    clearTimeout(this.pause);
    this.sizes.disconnect();
    window.Plotly?.purge(this.box);
    this.wanted = null;
  }

  #draw() {
    if (!this.wanted || !window.Plotly || !this.box.isConnected || !this.box.clientWidth) return;
    this.late = Boolean(this.box._dragging); // a redraw would end the drag; it follows when the pointer is let go
    if (this.late) return;
    const { data, layout, narrow, palette } = this.wanted;
    const theme = colours(this.box, palette);
    this.width = this.box.clientWidth;
    const height = this.#setHeight();
    const fitted = merged(layout, this.width < NARROW ? narrow : {});
    const font = { ...fitted.font, family: theme.font };
    const toImageButtonOptions = { filename: "twincast", scale: 2 };
    const drawn = window.Plotly.react(
      this.box,
      coloured(data, theme),
      coloured({ ...fitted, font, height, width: this.width }, theme),
      { ...CONFIG, toImageButtonOptions },
    );
    this.#listen();
    drawn.catch((error) => {
      if (this.wanted) throw error; // a chart that left the page while it was drawn has nothing to say
    });
  }

  // Where the figure asks for it, the server learns which part is in view, and sends finer points of that.
  #listen() {
    if (this.listens) return;
    this.listens = true;
    this.box.on("plotly_relayout", () => {
      clearTimeout(this.pause);
      if (this.wanted?.zooms) this.pause = setTimeout(() => this.#tellZoom(), PAUSE);
    });
  }

  #tellZoom() {
    const axis = this.box._fullLayout?.xaxis;
    if (!this.wanted?.zooms || !axis) return;
    const zoom = axis.autorange ? null : { of: this.wanted.zooms, range: [...axis.range] };
    if (JSON.stringify(zoom) === JSON.stringify(this.told ?? null)) return;
    this.told = zoom;
    this.tell(zoom);
  }

  #setHeight() {
    const { height, narrowHeight } = this.wanted;
    const fitting = this.box.clientWidth < NARROW ? narrowHeight : height;
    this.box.style.height = `${fitting}px`;
    return fitting;
  }

  #fit() {
    if (this.box.clientWidth !== this.width) this.#draw();
  }
}

function load(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, { src: url, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

// The page's own colours come from the theme in force, those of the frameworks from the palette of its darkness.
function colours(element, palette) {
  const style = getComputedStyle(element);
  const css = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const background = css("--st-background-color", palette.light.background);
  const own = palette[isDark(background) ? "dark" : "light"];
  return {
    ...own,
    background,
    text: css("--st-text-color", own.text),
    accent: css("--st-link-color", own.accent),
    font: css("--st-font", "sans-serif"),
  };
}

function isDark(colour) {
  const [red, green, blue] = channels(colour);
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

function channels(colour) {
  if (!colour.startsWith("#")) return colour.match(/[\d.]+/g).map(Number);
  const hex = colour.length < 7 ? colour.replace(/[^#]/g, "$&$&") : colour;
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

// Replaces "@name" and "@name/opacity" by a colour, where a colour is expected: a column may be called "@text".
function coloured(value, theme, key = "") {
  if (typeof value === "string") {
    const [, name, opacity] = /color$/i.test(key) ? (value.match(/^@([a-z]+)(?:\/([\d.]+))?$/) ?? []) : [];
    if (!name || name === "font" || !theme[name]) return value;
    return opacity ? `rgba(${channels(theme[name]).slice(0, 3).join(",")},${opacity})` : theme[name];
  }
  if (Array.isArray(value)) return typeof value[0] === "number" ? value.slice() : value.map((v) => coloured(v, theme, key));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, theme, key)]));
}

function merged(layout, changes) {
  const result = { ...layout };
  for (const [key, change] of Object.entries(changes)) {
    result[key] = isPlain(change) && isPlain(layout[key]) ? { ...layout[key], ...change } : change;
  }
  return result;
}

function isPlain(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
