import { startEmbeddedDatabase, type EmbeddedDatabase } from '../embedded-database';
import type { Message } from './member-process';

/**
 * Uses the embedded database in the process of the test, which costs a fraction of a `MemberProcess`. A process counts as
 * one user of a database, so a test needs other processes besides, and this one cannot be killed.
 */
export class LocalMember {
  readonly messages: Message[] = [];
  private waiting: (() => void)[] = [];
  private database: EmbeddedDatabase | undefined;

  static async start(directory: string): Promise<LocalMember> {
    const member = new LocalMember();
    const database = await startEmbeddedDatabase({
      directory,
      durable: false,
      restarted: (error) => member.say({ restarted: error === null ? true : error.message }),
    });
    const { pid, url, superuserUrl, adopted } = database;
    member.database = database;
    member.say({ pid, url, superuserUrl, adopted });
    return member;
  }

  /** Waits for the message with this index. */
  async message(index: number): Promise<Message> {
    while (this.messages.length <= index) await new Promise<void>((done) => this.waiting.push(done));
    return this.messages[index] as Message;
  }

  get url(): string {
    return this.messages[0]?.url as string;
  }

  /** @returns the exit code that a process would have */
  async end(_signal?: NodeJS.Signals): Promise<number | null> {
    const { database } = this;
    this.database = undefined;
    await database?.stop();
    return 0;
  }

  private say(message: Message): void {
    this.messages.push(message);
    this.waiting.splice(0).forEach((done) => done());
  }
}
