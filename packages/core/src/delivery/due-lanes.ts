/**
 * The lanes that have due deliveries, as far as this process knows, in the order in which claims take them. A lane leaves
 * before its claim is sent, and can be named again meanwhile: the claim does not see what is committed after it began.
 */
export class DueLanes {
  private readonly named = new Set<string>();
  /** Lanes that had their turn, and got nothing because the claim was full. They come before the others. */
  private readonly passedOver = new Set<string>();
  /** Lanes that wait for others, because the unwell ones together hold as much as they may. */
  private readonly keptBack = new Set<string>();
  private isLookWanted = false;

  /** Whether there is nothing to look for and nothing to claim. */
  get isEmpty(): boolean {
    return !this.isLookWanted && this.named.size === 0 && this.passedOver.size === 0;
  }

  /** Work is due, and it is not known in which lane. */
  askForLook(): void {
    this.isLookWanted = true;
  }

  /** @returns whether a look is wanted. It then has to begin now: what is asked for later needs another one. */
  beginLook(): boolean {
    const isWanted = this.isLookWanted;
    this.isLookWanted = false;
    return isWanted;
  }

  name(destinationId: string): void {
    this.keptBack.delete(destinationId);
    if (!this.passedOver.has(destinationId)) this.named.add(destinationId);
  }

  /** Names a lane that got nothing, because the others of its claim got all that there was. */
  passOver(destinationId: string): void {
    this.named.delete(destinationId);
    this.passedOver.add(destinationId);
  }

  /**
   * Names what a look has found. Begins with a random lane, so that processes do not all go for the same ones, and none
   * is always the last.
   */
  nameAll(destinationIds: readonly string[]): void {
    const first = Math.floor(Math.random() * destinationIds.length);
    for (const id of destinationIds.slice(first)) this.name(id);
    for (const id of destinationIds.slice(0, first)) this.name(id);
  }

  /** Removes the lane that has waited longest, and returns it. */
  take(): string | undefined {
    const lanes = this.passedOver.size > 0 ? this.passedOver : this.named;
    const [destinationId] = lanes;
    if (destinationId !== undefined) lanes.delete(destinationId);
    return destinationId;
  }

  /** Names the lane again when `readmit` is called. */
  keepBack(destinationId: string): void {
    this.keptBack.add(destinationId);
  }

  /** Call it when an unwell lane may have become smaller. */
  readmit(): void {
    for (const id of this.keptBack) this.name(id);
  }
}
