// The point of a picture that every cut keeps: chosen with the mouse or the arrow keys. Without this script, and with
// it too, the two numbers below do the same.
"use strict";

(() => {
  const box = document.querySelector("[data-focal]");
  if (!box) return;

  const x = document.getElementById("id_focal_x");
  const y = document.getElementById("id_focal_y");
  const file = document.getElementById("id_file");
  const image = document.createElement("img");
  image.alt = "";

  const show = (address) => {
    image.src = address;
    box.hidden = false;
  };
  box.hidden = true;
  if (box.dataset.picture) show(box.dataset.picture);

  if (!x || !y) {
    // Only to be read.
    box.append(image);
    return;
  }

  const button = document.createElement("button");
  button.type = "button";
  button.className = "focal__picture";
  const mark = document.createElement("span");
  mark.className = "focal__mark";
  const hint = document.createElement("p");
  hint.className = "help";
  hint.id = "focal-hint";
  hint.textContent = "Click on what must stay in sight when the picture is cut to another shape. Arrow keys move the point.";
  button.setAttribute("aria-describedby", hint.id);
  button.append(image, mark);
  box.append(button, hint);

  const inside = (number) => Math.max(0, Math.min(100, Math.round(number)));
  const place = () => {
    mark.style.left = `${inside(x.value)}%`;
    mark.style.top = `${inside(y.value)}%`;
    button.setAttribute("aria-label", `Point to keep: ${inside(x.value)} percent from the left, ${inside(y.value)} from the top`);
  };
  const move = (left, top) => {
    x.value = inside(left);
    y.value = inside(top);
    place();
  };

  button.addEventListener("click", (event) => {
    if (!event.detail) return; // by keyboard: the arrows choose
    const frame = image.getBoundingClientRect();
    move(((event.clientX - frame.left) / frame.width) * 100, ((event.clientY - frame.top) / frame.height) * 100);
  });
  const steps = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -2], ArrowDown: [0, 2] };
  button.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    move(Number(x.value) + step[0], Number(y.value) + step[1]);
  });
  x.addEventListener("input", place);
  y.addEventListener("input", place);
  place();

  file?.addEventListener("change", () => {
    const chosen = file.files[0];
    if (!chosen) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => show(reader.result));
    reader.readAsDataURL(chosen);
  });
})();
