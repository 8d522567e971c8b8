"use strict";

// The switch between light and dark. Without a choice the page follows the system.
{
  const button = document.querySelector("button.theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const show = () => {
    button.setAttribute("aria-pressed", String(isDark()));
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    show();
  });
  system.addEventListener("change", show);
  button.hidden = false;
  show();
}

// A picture with two answers, a boundary between them, and zoom.
class Viewer {
  static MOST_ZOOM = 16;

  constructor(element) {
    this.element = element;
    this.id = element.dataset.picture;
    this.size = [Number(element.dataset.width), Number(element.dataset.height)];
    this.stage = element.querySelector(".stage");
    this.svg = this.stage.querySelector("svg");
    this.slider = element.querySelector(".slider");
    this.zoom = 1;
    this.centre = this.size.map((side) => side / 2);
    this.pointers = new Map();
    this.listen();
    element.hidden = false;
    this.draw();
  }

  listen() {
    this.slider?.addEventListener("input", () => this.draw());
    for (const select of this.element.querySelectorAll("select")) {
      select.addEventListener("change", () => this.choose(select));
    }
    this.element.querySelector("input[data-points]").addEventListener("change", (event) => {
      this.svg.querySelector("use[data-points]").style.display = event.target.checked ? "" : "none";
    });
    for (const button of this.element.querySelectorAll("[data-zoom]")) {
      const factor = { in: 1.5, out: 1 / 1.5, fit: 0 }[button.dataset.zoom];
      button.addEventListener("click", () => this.zoomBy(factor));
    }
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("dblclick", (event) => this.zoomBy(2, this.place(event)));
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.stage.addEventListener("pointerdown", (event) => this.down(event));
    this.stage.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      this.stage.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
  }

  choose(select) {
    const { side } = select.dataset;
    const use = this.svg.querySelector(`use[data-layer="${side}"]`);
    use.setAttribute("href", `#p${this.id}-${select.value}`);
    const name = select.selectedOptions[0].textContent;
    this.stage.querySelector(`.tag.${side}`).textContent = name;
    const [left, right] = [...this.stage.querySelectorAll(".tag")].map((tag) => tag.textContent);
    this.slider.setAttribute("aria-label", `Boundary between ${left} on the left and ${right} on the right`);
  }

  // Zooms about a place of the picture, which stays where it is. A factor of 0 shows all.
  zoomBy(factor, about = this.centre) {
    const before = this.zoom;
    this.zoom = factor === 0 ? 1 : Math.min(Math.max(before * factor, 1), Viewer.MOST_ZOOM);
    const kept = before / this.zoom;
    this.centre = this.centre.map((at, axis) => about[axis] + (at - about[axis]) * kept);
    this.draw();
  }

  moveBy(shares) {
    this.centre = this.centre.map((at, axis) => at + (shares[axis] * this.size[axis]) / this.zoom);
    this.draw();
  }

  // The part of the picture that is seen, and the boundary in it.
  draw() {
    const seen = this.size.map((side) => side / this.zoom);
    this.centre = this.centre.map((at, axis) =>
      Math.min(Math.max(at, seen[axis] / 2), this.size[axis] - seen[axis] / 2));
    const [x, y] = this.centre.map((at, axis) => at - seen[axis] / 2);
    this.svg.setAttribute("viewBox", `${x} ${y} ${seen[0]} ${seen[1]}`);
    this.element.querySelector("output").textContent = `${Math.round(this.zoom * 100)} %`;
    this.stage.classList.toggle("zoomed", this.zoom > 1);
    this.stage.classList.toggle("pixels", this.zoom > 3);
    if (!this.slider) return;
    const share = this.slider.value / 100;
    const middle = x + seen[0] * share;
    const clip = (side, from, width) => {
      const rectangle = this.svg.querySelector(`#p${this.id}-${side} rect`);
      const values = { x: from, y, width: Math.max(width, 0), height: seen[1] };
      for (const [name, value] of Object.entries(values)) rectangle.setAttribute(name, value);
    };
    clip("left", x, middle - x);
    clip("right", middle, x + seen[0] - middle);
    this.stage.style.setProperty("--boundary", `${this.slider.value}%`);
  }

  // Where a pointer is: as a share of the stage, and in pixels of the picture.
  share(event) {
    const box = this.stage.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  place(event) {
    const share = this.share(event);
    return this.centre.map((at, axis) => at + ((share[axis] - 0.5) * this.size[axis]) / this.zoom);
  }

  key(event) {
    const step = 0.1;
    const action = {
      "+": () => this.zoomBy(1.5), "=": () => this.zoomBy(1.5), "-": () => this.zoomBy(1 / 1.5),
      0: () => this.zoomBy(0),
      ArrowLeft: () => this.moveBy([-step, 0]), ArrowRight: () => this.moveBy([step, 0]),
      ArrowUp: () => this.moveBy([0, -step]), ArrowDown: () => this.moveBy([0, step]),
    }[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }

  // The wheel alone scrolls the page, as everywhere.
  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoomBy(Math.exp(-event.deltaY / 300), this.place(event));
  }

  down(event) {
    if (event.button !== 0) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.share(event));
    const apart = Math.abs(this.share(event)[0] - (this.slider?.value ?? -100) / 100);
    const near = apart * this.stage.clientWidth < 24;
    this.slides = this.slider && (this.zoom === 1 || near);
    this.move(event);
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.share(event);
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const apart = (share) => Math.hypot(share[0] - other[0], share[1] - other[1]);
      this.zoomBy(apart(now) / Math.max(apart(before), 0.01), this.place(event));
    } else if (this.slides) {
      this.slider.value = Math.round(now[0] * 100);
      this.draw();
    } else {
      this.moveBy([before[0] - now[0], before[1] - now[1]]);
    }
    this.pointers.set(event.pointerId, now);
  }
}

for (const element of document.querySelectorAll(".viewer")) new Viewer(element);
document.documentElement.classList.add("live");
