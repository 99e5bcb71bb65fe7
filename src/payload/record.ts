/** Sets an own property, also where the name is `__proto__`, which plain assignment would take for the prototype. */
export function setOwn<T>(record: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') {
    record[name] = value;
    return;
  }
  Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
}
