import type { Make, SampleParts, Samples } from './sample-parts';

type Build = (make: Make) => object;

const sha = (make: Make): string => make.uuid().replaceAll('-', '') + make.digits(8);

const repository = (make: Make): object => ({
  id: Number(make.digits(9)),
  name: 'example',
  full_name: 'octo-example/example',
  private: false,
  html_url: 'https://github.com/octo-example/example',
  default_branch: 'main',
  owner: { login: 'octo-example', id: 583_231, type: 'Organization' },
});
const sender = { login: 'ada-example', id: 1_024_025, type: 'User' };

const github =
  (event: string, body: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    headers: {
      'X-GitHub-Event': event,
      'X-GitHub-Delivery': make.uuid(),
      'X-GitHub-Hook-ID': make.digits(9),
      'User-Agent': 'GitHub-Hookshot/044aadd',
    },
    body: { ...body(make), repository: repository(make), sender },
  });

const pullRequest =
  (action: string, merged: boolean): Build =>
  (make) => ({
    action,
    number: 42,
    pull_request: {
      id: Number(make.digits(10)),
      number: 42,
      state: merged ? 'closed' : 'open',
      title: 'Retry with jitter',
      merged,
      draft: false,
      user: sender,
      head: { ref: 'retry', sha: sha(make) },
      base: { ref: 'main', sha: sha(make) },
      created_at: make.now.toISOString(),
    },
  });

const issue =
  (action: string): Build =>
  (make) => ({
    action,
    issue: {
      id: Number(make.digits(10)),
      number: 7,
      title: 'A webhook went missing',
      state: action === 'closed' ? 'closed' : 'open',
      user: sender,
      labels: [{ name: 'bug', color: 'd73a4a' }],
      body: 'It was sent, and it never arrived.',
      created_at: make.now.toISOString(),
    },
  });

const push: Build = (make) => {
  const after = sha(make);
  return {
    ref: 'refs/heads/main',
    before: sha(make),
    after,
    created: false,
    deleted: false,
    forced: false,
    commits: [
      {
        id: after,
        message: 'Retry with jitter',
        timestamp: make.now.toISOString(),
        author: { name: 'Ada Example', email: 'ada@example.com', username: 'ada-example' },
        added: [],
        removed: [],
        modified: ['src/retry.ts'],
      },
    ],
    pusher: { name: 'ada-example', email: 'ada@example.com' },
  };
};

const gitlab =
  (kind: string, title: string, body: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    headers: {
      'X-Gitlab-Event': title,
      'X-Gitlab-Event-UUID': make.uuid(),
      'X-Gitlab-Webhook-UUID': make.uuid(),
      'Idempotency-Key': make.uuid(),
      'X-Gitlab-Instance': 'https://gitlab.com',
    },
    body: {
      object_kind: kind,
      user: { id: 4, name: 'Ada Example', username: 'ada' },
      project: { id: 1, name: 'Example', path_with_namespace: 'octo/example', default_branch: 'main' },
      ...body(make),
    },
  });

const linear =
  (type: string, action: string, data: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    headers: { 'Linear-Event': type, 'Linear-Delivery': make.uuid() },
    body: {
      action,
      type,
      createdAt: make.now.toISOString(),
      organizationId: make.uuid(),
      data: data(make),
      webhookTimestamp: make.now.getTime(),
      webhookId: make.uuid(),
    },
  });

const issueData: Build = (make) => ({
  id: make.uuid(),
  identifier: 'ENG-42',
  title: 'Webhooks arrive twice',
  priority: 2,
  state: { id: make.uuid(), name: 'In Progress', type: 'started' },
  team: { id: make.uuid(), key: 'ENG', name: 'Engineering' },
});

export const aboutCode: Readonly<Record<string, Samples>> = {
  github: {
    push: github('push', push),
    'pull_request.opened': github('pull_request', pullRequest('opened', false)),
    'pull_request.closed': github('pull_request', pullRequest('closed', true)),
    'issues.opened': github('issues', issue('opened')),
    'issues.closed': github('issues', issue('closed')),
    'release.published': github('release', (make) => ({
      action: 'published',
      release: {
        id: Number(make.digits(9)),
        tag_name: 'v1.4.0',
        name: 'v1.4.0',
        draft: false,
        prerelease: false,
        author: sender,
      },
    })),
    'workflow_run.completed': github('workflow_run', (make) => ({
      action: 'completed',
      workflow_run: {
        id: Number(make.digits(10)),
        name: 'CI',
        head_branch: 'main',
        head_sha: sha(make),
        status: 'completed',
        conclusion: 'success',
      },
    })),
    ping: github('ping', (make) => ({
      zen: 'Design for failure.',
      hook_id: Number(make.digits(9)),
      hook: { type: 'Repository', active: true, events: ['push'], config: { content_type: 'json', insecure_ssl: '0' } },
    })),
  },
  gitlab: {
    push: gitlab('push', 'Push Hook', (make) => ({
      ref: 'refs/heads/main',
      before: sha(make),
      after: sha(make),
      total_commits_count: 1,
      commits: [
        { id: sha(make), message: 'Retry with jitter', author: { name: 'Ada Example', email: 'ada@example.com' } },
      ],
    })),
    merge_request: gitlab('merge_request', 'Merge Request Hook', (make) => ({
      object_attributes: {
        id: Number(make.digits(8)),
        iid: 42,
        title: 'Retry with jitter',
        state: 'opened',
        action: 'open',
        source_branch: 'retry',
        target_branch: 'main',
      },
    })),
    pipeline: gitlab('pipeline', 'Pipeline Hook', (make) => ({
      object_attributes: { id: Number(make.digits(8)), ref: 'main', status: 'success', duration: 63 },
    })),
  },
  linear: {
    'Issue.create': linear('Issue', 'create', issueData),
    'Issue.update': linear('Issue', 'update', issueData),
    'Comment.create': linear('Comment', 'create', (make) => ({
      id: make.uuid(),
      body: 'Seen it too.',
      issueId: make.uuid(),
    })),
  },
};
