// Sorts a table by a click on a heading, and shows one modality. Without it the page is complete, only unsorted.
"use strict";
const value = (row, column) => {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
};
const compare = (column, way) => (first, second) => {
  const [a, b] = [value(first, column), value(second, column)];
  if (a === null && b === null) return way * first.cells[column].textContent.localeCompare(second.cells[column].textContent);
  return a === null || b === null ? (a === null) - (b === null) : way * (a - b);
};
for (const button of document.querySelectorAll("table.sortable th button")) {
  button.addEventListener("click", () => {
    const heading = button.parentElement, table = heading.closest("table"), body = table.tBodies[0];
    const falls = heading.getAttribute("aria-sort") !== (heading.classList.contains("num") ? "descending" : "ascending");
    const isDescending = heading.classList.contains("num") ? falls : !falls;
    for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
    body.append(...[...body.rows].sort(compare(heading.cellIndex, isDescending ? -1 : 1)));
  });
}
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => {
    document.getElementById("guards").dataset.only = button.dataset.show;
    for (const other of document.querySelectorAll("button[data-show]")) other.setAttribute("aria-pressed", other === button);
  });
}
document.documentElement.classList.add("js");
