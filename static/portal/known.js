// "From your record" stands beside an answer until somebody edits it.
document.addEventListener("input", (event) => {
  const mark = event.target.closest(".question")?.querySelector("[data-known]");
  if (mark) mark.remove();
});
