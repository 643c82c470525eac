/**
 * Where people and senders reach this process: the public URL, the path below it where a host mounts Paggio, and every
 * origin that leads back here. A host may learn the URL and the path only once it listens.
 */
export class PublicAddress {
  private readonly origins = new Set<string>();
  private publicUrl: string;
  private mount = '';

  constructor(
    /** http or https URL without a trailing slash. It may end with the mount path. */
    publicUrl: string,
    /** Origin that senders use instead of the public URL; null if they use the public URL. */
    private readonly ingestUrl: string | null,
  ) {
    this.publicUrl = publicUrl;
    this.listeningAt(publicUrl);
    if (ingestUrl !== null) this.origins.add(ingestUrl);
  }

  /**
   * Tells where a host has mounted Paggio. The path becomes part of every `webhook_url`.
   * @param path empty, or with a slash in front and none at the end
   */
  mountedAt(path: string): void {
    this.mount = path;
  }

  /** Replaces the public URL: the base of links, and of `webhook_url` without an `ingestUrl`. */
  publishedAt(publicUrl: string): void {
    this.origins.delete(new URL(this.publicUrl).origin);
    this.publicUrl = publicUrl.replace(/\/$/, '');
    this.listeningAt(publicUrl);
  }

  /** Adds an address of this very process. A destination there is refused, because its deliveries would come back without end. */
  listeningAt(url: string): void {
    this.origins.add(new URL(url).origin);
  }

  /** The path where a host has mounted Paggio. Default: empty. */
  get mountPath(): string {
    return this.mount;
  }

  /**
   * The path that a proxy removes in front of the mount path: empty, or with a slash in front and none at the end. A public
   * URL that ends with the mount path already names the place of Paggio, so that part is not counted twice.
   */
  get publicPath(): string {
    const trimmed = new URL(this.publicUrl).pathname.replace(/^\/+|(?<!\/)\/+$/g, '');
    const path = trimmed === '' ? '' : `/${trimmed}`;
    return path.endsWith(this.mount) ? path.slice(0, path.length - this.mount.length) : path;
  }

  /** Where people reach Paggio, with the mount path. */
  get baseUrl(): string {
    return new URL(this.publicUrl).origin + this.publicPath + this.mount;
  }

  /** Where senders reach Paggio, with the mount path: every `webhook_url` begins with it. */
  get webhookBase(): string {
    return this.ingestUrl === null ? this.baseUrl : this.ingestUrl + this.mount;
  }

  /** Origins of this process. No destination may have one of them. */
  get ownOrigins(): ReadonlySet<string> {
    return this.origins;
  }

  /** Whether the public URL is an https URL. */
  get isOverTls(): boolean {
    return this.publicUrl.startsWith('https:');
  }
}
