"use strict";
(() => {
  const say = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("filters");
  const selects = [...form.querySelectorAll("select")];
  const errors = [...document.querySelectorAll(".error")];

  function show() {
    let n = 0;
    for (const error of errors) {
      error.hidden = !selects.every((select) => !select.value || error.dataset[select.id] === select.value);
      n += !error.hidden;
    }
    document.getElementById("n_shown").textContent = say.n_shown.replace("{n}", n);
  }

  form.hidden = false;
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
})();
