// The point of a picture that every cut keeps: chosen with the mouse or the arrow keys. Without this script, and with
// it too, the two numbers below do the same.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("[data-focal]");
  const x = document.getElementById("id_focal_x");
  const y = document.getElementById("id_focal_y");
  const file = document.getElementById("id_file");
  if (!box || !x || !y) return;

  const image = box.querySelector("img") || document.createElement("img");
  const button = document.createElement("button");
  const mark = document.createElement("span");
  const hint = document.createElement("p");
  button.type = "button";
  button.className = "focal__picture";
  mark.className = "focal__mark";
  hint.className = "help";
  hint.id = "focal-hint";
  hint.textContent = "Click on what must stay in sight when the picture is cut to another shape, or move the point with the arrow keys.";
  button.setAttribute("aria-describedby", hint.id);
  image.alt = "";
  button.append(image, mark);
  box.append(button, hint);
  const row = box.closest(".form-row");
  row.hidden = !image.src;

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
    if (!event.detail) return; // pressed by a key: the arrows choose
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

  // Shown before it is sent.
  file?.addEventListener("change", () => {
    if (!file.files[0]) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      image.src = reader.result;
      row.hidden = false;
    });
    reader.readAsDataURL(file.files[0]);
  });
});
