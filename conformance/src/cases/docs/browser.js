// What the cases ask of a page. Each script is this and a call of one of these functions.

// The text that a person sees, also of components with a document of their own.
function visibleText() {
  const texts = [document.body.innerText];
  const visit = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) {
        for (const child of element.shadowRoot.children) texts.push(child.innerText ?? "");
        visit(element.shadowRoot);
      }
    }
  };
  visit(document);
  // Swagger UI lets long paths break after a slash.
  return texts.join("\n").replaceAll("\u200b", "");
}

// Swagger UI's drawing of a GET operation.
function operation(path) {
  const blocks = [...document.querySelectorAll(".opblock-get")];
  const pathOf = (block) => block.querySelector(".opblock-summary-path")?.innerText ?? "";
  return blocks.find((block) => pathOf(block).replaceAll("\u200b", "").trim() === path);
}

// Where trying out an operation has got to, and what to press next.
function progress(path) {
  const block = operation(path);
  if (!document.querySelector(".swagger-ui")) {
    return { step: visibleText().includes(path) ? "another page" : "nothing is drawn" };
  }
  if (!block) {
    return { step: "it is not drawn", press: document.querySelector(".opblock-tag[data-is-open=false]") };
  }
  if (!block.classList.contains("is-open")) {
    return { step: "closed", press: block.querySelector(".opblock-summary-control, .opblock-summary") };
  }
  if (!block.querySelector(".opblock-body .opblock-section")) return { step: "opening" };
  const start = block.querySelector(".try-out__btn:not(.cancel)");
  const execute = block.querySelector(".execute");
  if (!execute) return start ? { step: "read only", press: start } : { step: "no button" };
  const inputs = [...block.querySelectorAll(".parameters input[type=text]")];
  const empty = inputs.find((input) => input.value === "");
  if (empty) return { step: "empty", fill: empty };
  const live = block.querySelector(".live-responses-table .response");
  if (!live) return { step: "ready", press: execute };
  return {
    step: "answered",
    parameters: inputs.map((input) => input.value),
    status: live.querySelector(".response-col_status").innerText.trim(),
    content: live.querySelector(".response-col_description .highlight-code code, .response-col_description pre")
      ?.innerText ?? "",
  };
}
