"use strict";
// Filters the matrix and what is told in full.
const controls = document.querySelector(".controls");
const [find, area, verdict] = ["find", "area", "verdict"].map((id) => document.getElementById(id));
const rows = [...document.querySelectorAll("tbody tr")];
controls.hidden = false;
controls.addEventListener("submit", (event) => event.preventDefault());
function filter() {
  const words = find.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const row of rows) {
    const article = document.getElementById(row.dataset.case);
    article.text ??= [...article.querySelectorAll("h3, h3 ~ p")].map((part) => part.textContent).join(" ").toLowerCase();
    const labels = row.dataset.labels.split(" ").filter(Boolean);
    const fits = verdict.value === "" || (verdict.value === "!ok"
      ? labels.some((label) => label !== "ok" && label !== "n/a")
      : labels.includes(verdict.value));
    const hide = !(fits && (area.value === "" || row.dataset.area === area.value)
      && words.every((word) => article.text.includes(word)));
    row.hidden = article.hidden = hide;
    shown += hide ? 0 : 1;
  }
  document.getElementById("count").value = `${shown} of ${rows.length}`;
}
controls.addEventListener("input", filter);
filter();

// Opens what a link leads to.
function open() {
  const place = location.hash && document.getElementById(location.hash.slice(1));
  for (let around = place; around; around = around.parentElement?.closest("details")) {
    if (around instanceof HTMLDetailsElement) around.open = true;
  }
  if (place) place.scrollIntoView();
}
addEventListener("hashchange", open);
open();

// Sets octets out in hexadecimal when that is asked for.
function dump(pre, text) {
  // Where there is no doubt, the text is the octets: only the first half of a line end is escaped.
  const octets = pre.dataset.hex?.match(/../g)
    ?? [...new TextEncoder().encode(text.replaceAll("\\r\n", "\r\n"))].map((octet) => octet.toString(16).padStart(2, "0"));
  const lines = [];
  for (let at = 0; at < octets.length; at += 16) {
    const line = octets.slice(at, at + 16);
    const text = line.map((octet) => {
      const code = parseInt(octet, 16);
      return code >= 32 && code < 127 ? String.fromCharCode(code) : ".";
    });
    lines.push(`${at.toString(16).padStart(6, "0")}  ${line.join(" ").padEnd(47)}  ${text.join("")}`);
  }
  return lines.join("\n");
}
for (const pre of document.querySelectorAll("pre.octets")) {
  const button = document.createElement("button");
  const text = pre.textContent;
  button.type = "button";
  button.textContent = "hex";
  button.addEventListener("click", () => {
    const isText = button.textContent === "hex";
    pre.classList.toggle("hex", isText);
    pre.textContent = isText ? dump(pre, text) : text;
    button.textContent = isText ? "text" : "hex";
  });
  pre.previousElementSibling.append(" ", button);
}

// Paper cannot be clicked: what is not as it should be is printed in full.
addEventListener("beforeprint", () => {
  for (const cell of document.querySelectorAll("body > section details.cell")) cell.open = true;
});
