// Hands a file that was asked for, or made here, to the browser's downloads.

export function save_blob(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has its own hold on the blob once it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// "Grade 7" → "grade-7": fit for a file's name everywhere.
export function file_name(...words) {
  return words
    .join('-')
    .normalize('NFKD')
    .replace(/[^\w.]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
}
