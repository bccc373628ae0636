// Taking in a dashboard of Grafana: a file, or its JSON pasted.
import { Button, FileButton, Modal, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../api/client';
import { saveDashboard } from '../../api/grafana/dashboards';
import { plural } from '../../format';
import { AlertIcon, UploadIcon } from '../../icons';
import { goTo } from '../../navigation';
import { readImport, type ImportCandidate } from './import_source';
import styles from './dashboards_page.module.css';

export interface Incoming {
  name: string;
  text: string;
}

export function ImportDialog({ incoming, onClose }: { incoming: Incoming; onClose: () => void }) {
  const [text, setText] = useState(incoming.text);
  const [name, setName] = useState(incoming.name);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<{ message: string; mayOverwrite: boolean } | null>(null);
  const client = useQueryClient();
  const { candidate, fault } = text.trim() === '' ? { candidate: null, fault: '' } : tryRead(text, name);

  const save = async (overwrite: boolean) => {
    if (!candidate) return;
    setBusy(true);
    setRefusal(null);
    try {
      const saved = await saveDashboard(candidate.model, overwrite);
      await client.invalidateQueries({ queryKey: ['dashboards'] });
      await client.invalidateQueries({ queryKey: ['dashboard', saved.uid] });
      onClose();
      goTo({ view: { page: 'dashboard', uid: saved.uid, slug: saved.slug, vars: {}, timed: false, panel: '' } });
    } catch (error) {
      const isClash = error instanceof ApiError && error.status === 412;
      const message = error instanceof Error ? error.message : String(error);
      setRefusal({ message: isClash ? `A dashboard with the uid “${candidate.uid}” is here already.` : message, mayOverwrite: isClash });
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal opened onClose={onClose} title="Import a dashboard" size="lg">
      <div className={styles.dialog}>
        <div className="row">
          <FileButton accept="application/json,.json" onChange={(file) => void readFile(file, setName, setText)}>
            {(props) => (
              <Button {...props} size="xs" variant="default" className={styles.file} leftSection={<UploadIcon size={14} />}>
                Choose a file
              </Button>
            )}
          </FileButton>
          <span className="faint">or paste the JSON of a Grafana dashboard</span>
        </div>
        <Textarea
          aria-label="Dashboard JSON"
          placeholder={'{ "title": "…", "panels": [ … ] }'}
          rows={10}
          value={text.length > 200_000 ? `${text.slice(0, 200_000)}\n…` : text}
          readOnly={text.length > 200_000}
          classNames={{ input: 'code' }}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setName('The text');
            setRefusal(null);
          }}
        />
        {fault !== '' && <Fault text={fault} />}
        {refusal && <Fault text={refusal.message} />}
        {candidate && <Summary candidate={candidate} />}
        <div className={styles.buttons}>
          <Button size="xs" variant="default" onClick={onClose}>
            Cancel
          </Button>
          {refusal?.mayOverwrite && (
            <Button size="xs" color="red" loading={isBusy} onClick={() => void save(true)}>
              Replace it
            </Button>
          )}
          <Button size="xs" disabled={!candidate} loading={isBusy} onClick={() => void save(false)}>
            Import
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function tryRead(text: string, name: string): { candidate: ImportCandidate | null; fault: string } {
  try {
    return { candidate: readImport(text, name), fault: '' };
  } catch (error) {
    return { candidate: null, fault: error instanceof Error ? error.message : String(error) };
  }
}

async function readFile(file: File | null, setName: (name: string) => void, setText: (text: string) => void): Promise<void> {
  if (!file) return;
  setName(file.name);
  setText(await file.text());
}

function Fault({ text }: { text: string }) {
  return (
    <div className={styles.fault} role="alert">
      <AlertIcon size={14} /> <span>{text}</span>
    </div>
  );
}

function Summary({ candidate: { title, panels, unsupported } }: { candidate: ImportCandidate }) {
  return (
    <div className={styles.summary}>
      <b>{title}</b> <span className="faint">{plural(panels, 'panel')}</span>
      {unsupported > 0 && <span className="faint"> · {plural(unsupported, 'thing')} in it will not be shown as in Grafana; the dashboard names them</span>}
    </div>
  );
}
