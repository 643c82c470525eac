/**
 * Replaces the AsyncLocalStorage by which Jest knows the current test. AsyncLocalStorage makes Node 20 and 22 follow
 * every promise of the process with async_hooks, which costs about a tenth of the CPU time of the tests. Jest needs it
 * only for tests that run at the same time (`test.concurrent`). Here one test runs after another, so the current test
 * is the last one to begin.
 */
class CurrentTest {
  current = undefined;

  getStore() {
    return this.current;
  }

  run(store, act, ...args) {
    const outer = this.current;
    const goBack = () => {
      this.current = outer;
    };
    this.current = store;
    let result;
    try {
      result = act(...args);
    } catch (error) {
      goBack();
      throw error;
    }
    if (typeof result?.then === 'function') return result.finally(goBack);
    goBack();
    return result;
  }
}

module.exports = { CurrentTest };
